#include "cpp/ops/swish/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sigmoid/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_swish(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  return {{inputs[0].dtype, broadcast(inputs[0].shape, inputs[1].shape)}};
}

std::vector<Value> define_swish(Graph&, std::span<const Value> inputs, const Attributes&) {
  return {inputs[0] * sigmoid(inputs[1] * inputs[0])};
}

}  // namespace

const Operator& swish_operator() {
  static const Operator op{.name = "swish", .infer = infer_swish, .define = define_swish};
  return op;
}

Value swish(Value x, Value beta) { return x.graph().apply(swish_operator(), {x, beta})[0]; }

}  // namespace castalia
