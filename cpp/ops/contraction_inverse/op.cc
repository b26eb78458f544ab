#include "cpp/ops/contraction_inverse/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_contraction_inverse(std::span<const TensorType> inputs,
                                                  const Attributes& attributes) {
  if (inputs.size() < 3 || inputs.size() % 2 == 0) {
    fail(Code::shape_mismatch, "takes y, and a weight and a bias for each layer, not ",
         inputs.size(), " operands");
  }
  const TensorType& y = inputs[0];
  expect_floating(y);
  if (y.shape.rank() != 2) fail(Code::shape_mismatch, "takes y of shape (rows, n), not ", y);
  int64_t width = y.shape[1];
  for (size_t i = 1; i < inputs.size(); i += 2) {
    const TensorType& weight = inputs[i];
    const TensorType& bias = inputs[i + 1];
    expect_same_dtype(y, weight);
    expect_same_dtype(y, bias);
    if (weight.shape.rank() != 2 || weight.shape[0] != width) {
      fail(Code::shape_mismatch, "a weight ", weight, " does not take rows of ", width);
    }
    width = weight.shape[1];
    if (!(bias.shape == Shape{1, width} || bias.shape == Shape{y.shape[0], width})) {
      fail(Code::shape_mismatch, "a bias ", bias, " does not fit rows of ", width);
    }
  }
  if (width != y.shape[1]) {
    fail(Code::shape_mismatch, "the last weight gives rows of ", width, " for y ", y);
  }
  const std::string& activation = attributes.string("activation");
  if (activation != "lipswish" && activation != "elu" && activation != "tanh") {
    fail(Code::out_of_range, "activation is '", activation, "'; allowed: lipswish, elu, tanh");
  }
  const double contraction = attributes.real("contraction");
  if (!(contraction > 0 && contraction < 1)) {
    fail(Code::out_of_range, "contraction is ", contraction, "; allowed: between 0 and 1");
  }
  return {y};
}

}  // namespace

const Operator& contraction_inverse_operator() {
  static const Operator op{
      .name = "contraction_inverse",
      .infer = infer_contraction_inverse,
      .no_gradient = "it is that of the implicit function, which the caller has the Jacobian for"};
  return op;
}

Value contraction_inverse(Value y, std::span<const Value> weights, std::span<const Value> biases,
                          const std::string& activation, double contraction) {
  check(weights.size() == biases.size(), weights.size(), " weights and ", biases.size(), " biases");
  std::vector<Value> operands = {y};
  for (size_t i = 0; i < weights.size(); ++i) {
    operands.push_back(weights[i]);
    operands.push_back(biases[i]);
  }
  return y.graph().apply(contraction_inverse_operator(), operands,
                         {{"activation", activation}, {"contraction", contraction}})[0];
}

}  // namespace castalia
