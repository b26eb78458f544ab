#include "cpp/ops/take/op.h"

#include <algorithm>
#include <numeric>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/scatter_add/op.h"
#include "cpp/ops/slice/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_take(std::span<const TensorType> inputs,
                                   const Attributes& attributes) {
  expect_operands(inputs, 1);
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  const std::vector<int64_t>& indices = attributes.integers("indices");
  for (const int64_t index : indices) {
    if (index < 0 || index >= out.shape[axis]) {
      fail(Code::out_of_range, "index ", index, " into axis ", axis, " of ", inputs[0]);
    }
  }
  out.shape[axis] = static_cast<int64_t>(indices.size());
  return {out};
}

std::vector<Value> differentiate_take(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  return {scatter_add(r.gradients[0], r.attributes.integers("indices"),
                      r.inputs[0].shape()[static_cast<int>(axis)], axis)};
}

}  // namespace

const Operator& take_operator() {
  static const Operator op{.name = "take", .infer = infer_take, .gradient = differentiate_take};
  return op;
}

Value take(Value x, const std::vector<int64_t>& indices, int64_t axis) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(take_operator(), {x}, {{"axis", resolved}, {"indices", indices}})[0];
}

Value flip(Value x, int64_t axis) {
  std::vector<int64_t> indices(
      static_cast<size_t>(x.shape()[resolve_axis(axis, x.shape().rank())]));
  std::iota(indices.rbegin(), indices.rend(), 0);
  return take(x, indices, axis);
}

Value roll(Value x, int64_t shift, int64_t axis) {
  std::vector<int64_t> indices(
      static_cast<size_t>(x.shape()[resolve_axis(axis, x.shape().rank())]));
  if (indices.empty()) return x;
  std::iota(indices.begin(), indices.end(), 0);
  const int64_t extent = static_cast<int64_t>(indices.size());
  const int64_t forward = (shift % extent + extent) % extent;
  std::rotate(indices.begin(), indices.end() - forward, indices.end());
  return take(x, indices, axis);
}

Value slice(Value x, int64_t axis, int64_t first, int64_t last, int64_t step) {
  if (step < 1) fail(Code::out_of_range, "operator 'slice': a step of ", step);
  const Value all = slice(x, axis, first, last);
  if (step == 1) return all;
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < last - first; i += step) indices.push_back(i);
  return take(all, indices, axis);
}

}  // namespace castalia
