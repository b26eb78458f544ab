#include "cpp/ops/pad/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/slice/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_pad(std::span<const TensorType> inputs,
                                  const Attributes& attributes) {
  expect_operands(inputs, 1);
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  const int64_t before = attributes.integer("before");
  const int64_t after = attributes.integer("after");
  if (before < 0 || after < 0) {
    fail(Code::out_of_range, "padding by ", before, " and ", after, " elements");
  }
  out.shape[axis] += before + after;
  return {out};
}

std::vector<Value> differentiate_pad(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  const int64_t before = r.attributes.integer("before");
  const int64_t extent = r.inputs[0].shape()[static_cast<int>(axis)];
  return {slice(r.gradients[0], axis, before, before + extent)};
}

}  // namespace

const Operator& pad_operator() {
  static const Operator op{.name = "pad", .infer = infer_pad, .gradient = differentiate_pad};
  return op;
}

Value pad(Value x, int64_t axis, int64_t before, int64_t after) {
  if (before == 0 && after == 0) return x;
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(pad_operator(), {x},
                         {{"axis", resolved}, {"before", before}, {"after", after}})[0];
}

}  // namespace castalia
