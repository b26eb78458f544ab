#include "cpp/ops/cast/op.h"

#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_cast(std::span<const TensorType> inputs,
                                   const Attributes& attributes) {
  expect_operands(inputs, 1);
  return {{dtype_attribute(attributes, "dtype"), inputs[0].shape}};
}

std::vector<Value> differentiate_cast(const GradientRequest& r) {
  const bool flows = is_floating(r.inputs[0].dtype()) && is_floating(r.outputs[0].dtype());
  return {flows ? cast(r.gradients[0], r.inputs[0].dtype()) : Value()};
}

}  // namespace

const Operator& cast_operator() {
  static const Operator op{.name = "cast", .infer = infer_cast, .gradient = differentiate_cast};
  return op;
}

Value cast(Value x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return x.graph().apply(cast_operator(), {x}, {{"dtype", static_cast<int64_t>(dtype)}})[0];
}

}  // namespace castalia
