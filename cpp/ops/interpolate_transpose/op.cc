#include "cpp/ops/interpolate_transpose/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/interpolate/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_interpolate_transpose(std::span<const TensorType> inputs,
                                                    const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  const int64_t elements = attributes.integer("elements");
  if (elements < 1 || out.shape[axis] < 1) {
    fail(Code::out_of_range, elements, " elements from axis ", axis, " of ", inputs[0]);
  }
  out.shape[axis] = elements;
  out.shape.count();
  return {out};
}

std::vector<Value> differentiate_interpolate_transpose(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  return {interpolate(r.gradients[0], axis, r.inputs[0].shape()[static_cast<int>(axis)])};
}

}  // namespace

const Operator& interpolate_transpose_operator() {
  static const Operator op{.name = "interpolate_transpose",
                           .infer = infer_interpolate_transpose,
                           .gradient = differentiate_interpolate_transpose};
  return op;
}

}  // namespace castalia
