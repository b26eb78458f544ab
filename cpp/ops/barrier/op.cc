#include "cpp/ops/barrier/op.h"

#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_barrier(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  return {inputs[0]};
}

std::vector<Value> differentiate_barrier(const GradientRequest& r) { return {r.gradients[0]}; }

}  // namespace

const Operator& barrier_operator() {
  static const Operator op{.name = "barrier",
                           .infer = infer_barrier,
                           .gradient = differentiate_barrier,
                           .is_view = true};
  return op;
}

Value barrier(Value x, int64_t number) {
  return x.graph().apply(barrier_operator(), {x}, {{"number", number}})[0];
}

}  // namespace castalia
