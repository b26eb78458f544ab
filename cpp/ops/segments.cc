#include "cpp/ops/segments.h"

#include "cpp/base/status.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"

namespace castalia {

TensorType infer_segments(std::span<const TensorType> inputs, const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_indices(inputs[1]);
  const Shape& x = inputs[0].shape;
  const Shape& ids = inputs[1].shape;
  if (ids.rank() > x.rank() || !std::equal(ids.begin(), ids.end(), x.begin())) {
    fail(Code::shape_mismatch, "segment numbers ", inputs[1], " do not stand before the axes of ",
         inputs[0]);
  }
  const int64_t segments = attributes.integer("segments");
  if (segments < 0) fail(Code::out_of_range, "segments is ", segments, "; allowed: 0 or more");
  TensorType out{inputs[0].dtype, {segments}};
  if (1 + x.rank() - ids.rank() > Shape::kMaxRank) {
    fail(Code::shape_mismatch, "segments of ", inputs[0], " have more than ", Shape::kMaxRank,
         " axes");
  }
  for (int axis = ids.rank(); axis < x.rank(); ++axis) out.shape.push_back(x[axis]);
  out.shape.count();  // an Error on overflow
  return out;
}

}  // namespace castalia
