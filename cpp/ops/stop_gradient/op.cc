#include "cpp/ops/stop_gradient/op.h"

#include "cpp/ops/add/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_stop_gradient(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  return {inputs[0]};
}

}  // namespace

const Operator& stop_gradient_operator() {
  static const Operator op{.name = "stop_gradient",
                           .infer = infer_stop_gradient,
                           .no_gradient = "it is there to stop gradients",
                           .is_view = true};
  return op;
}

Value stop_gradient(Value x) { return x.graph().apply(stop_gradient_operator(), {x})[0]; }

Value with_slope_of(Value x, Value y) { return x + (y - stop_gradient(y)); }

}  // namespace castalia
