#include "cpp/ops/batch_norm_inference/op.h"

#include "cpp/ops/add/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/reciprocal/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_batch_norm_inference(std::span<const TensorType> inputs,
                                                   const Attributes& attributes) {
  expect_operands(inputs, 5);
  expect_rank_at_least(inputs[0], 1);
  const Shape channels{inputs[0].shape.back()};
  const TensorType statistics[] = {inputs[0], inputs[3], inputs[4]};
  expect_normalizable(inputs.first(3), channels, attributes);
  expect_normalizable(statistics, channels, attributes);
  return {inputs[0]};
}

// Element-wise, so it fuses with what stands beside it.
std::vector<Value> define_batch_norm_inference(Graph&, std::span<const Value> inputs,
                                               const Attributes& attributes) {
  const Value inverse = reciprocal(sqrt(inputs[4] + attributes.real("epsilon")));
  return {(inputs[0] - inputs[3]) * (inverse * inputs[1]) + inputs[2]};
}

}  // namespace

const Operator& batch_norm_inference_operator() {
  static const Operator op{.name = "batch_norm_inference",
                           .infer = infer_batch_norm_inference,
                           .define = define_batch_norm_inference};
  return op;
}

Value batch_norm_inference(Value x, Value scale, Value bias, Value mean, Value variance,
                           double epsilon) {
  return x.graph().apply(batch_norm_inference_operator(), {x, scale, bias, mean, variance},
                         {{"epsilon", epsilon}})[0];
}

}  // namespace castalia
