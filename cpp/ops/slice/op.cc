#include "cpp/ops/slice/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/pad/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_slice(std::span<const TensorType> inputs,
                                    const Attributes& attributes) {
  expect_operands(inputs, 1);
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  const int64_t first = attributes.integer("first");
  const int64_t last = attributes.integer("last");
  if (first < 0 || last < first || last > out.shape[axis]) {
    fail(Code::out_of_range, "elements [", first, ", ", last, ") along axis ", axis, " of ", out);
  }
  out.shape[axis] = last - first;
  return {out};
}

std::vector<Value> differentiate_slice(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  const int64_t extent = r.inputs[0].shape()[static_cast<int>(axis)];
  return {pad(r.gradients[0], axis, r.attributes.integer("first"),
              extent - r.attributes.integer("last"))};
}

}  // namespace

const Operator& slice_operator() {
  static const Operator op{.name = "slice", .infer = infer_slice, .gradient = differentiate_slice};
  return op;
}

Value slice(Value x, int64_t axis, int64_t first, int64_t last) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  if (first == 0 && last == x.shape()[static_cast<int>(resolved)]) return x;
  return x.graph().apply(slice_operator(), {x},
                         {{"axis", resolved}, {"first", first}, {"last", last}})[0];
}

}  // namespace castalia
