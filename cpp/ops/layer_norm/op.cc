#include "cpp/ops/layer_norm/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/normalize/op.h"
#include "cpp/ops/reshape/op.h"

namespace castalia {
namespace {

Shape layer_norm_affine(const Shape& x, int64_t axes) {
  Shape affine;
  for (int axis = x.rank() - static_cast<int>(axes); axis < x.rank(); ++axis) {
    affine.push_back(x[axis]);
  }
  return affine;
}

std::vector<TensorType> infer_layer_norm(std::span<const TensorType> inputs,
                                         const Attributes& attributes) {
  const int64_t axes = attributes.integer("axes");
  const Shape& x = inputs[0].shape;
  if (axes < 1 || axes > x.rank()) {
    fail(Code::out_of_range, "normalises over ", axes, " axes of ", inputs[0]);
  }
  expect_normalizable(inputs, layer_norm_affine(x, axes), attributes);
  return {inputs[0]};
}

std::vector<Value> define_layer_norm(Graph&, std::span<const Value> inputs,
                                     const Attributes& attributes) {
  const Shape& x = inputs[0].shape();
  const int first = x.rank() - static_cast<int>(attributes.integer("axes"));
  const int64_t width = x.count(first, x.rank());
  const auto parameter = [&](size_t i) {
    const Value value = operand_or_null(inputs, i);
    return value ? reshape(value, Shape{1, width}) : value;
  };
  const Value y = normalize(reshape(inputs[0], Shape{x.count(0, first), 1, 1, width}), parameter(1),
                            parameter(2), attributes.real("epsilon"), true);
  return {reshape(y, x)};
}

}  // namespace

const Operator& layer_norm_operator() {
  static const Operator op{
      .name = "layer_norm", .infer = infer_layer_norm, .define = define_layer_norm};
  return op;
}

Value layer_norm(Value x, Value scale, Value bias, double epsilon, int64_t axes) {
  return x.graph().apply(layer_norm_operator(), given_operands(x, scale, bias),
                         {{"epsilon", epsilon}, {"axes", axes}})[0];
}

}  // namespace castalia
