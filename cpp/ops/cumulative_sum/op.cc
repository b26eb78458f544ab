#include "cpp/ops/cumulative_sum/op.h"

#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_cumulative_sum(std::span<const TensorType> inputs,
                                             const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  expect_rank_at_least(inputs[0], 1);
  return {inputs[0]};
}

std::vector<Value> differentiate_cumulative_sum(const GradientRequest& r) {
  return {cumulative_sum(r.gradients[0], r.attributes.integer("reverse") == 0)};
}

}  // namespace

const Operator& cumulative_sum_operator() {
  static const Operator op{.name = "cumulative_sum",
                           .infer = infer_cumulative_sum,
                           .gradient = differentiate_cumulative_sum};
  return op;
}

Value cumulative_sum(Value x, bool reverse) {
  return x.graph().apply(cumulative_sum_operator(), {x},
                         {{"reverse", static_cast<int64_t>(reverse)}})[0];
}

}  // namespace castalia
