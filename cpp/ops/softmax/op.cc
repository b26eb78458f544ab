#include "cpp/ops/softmax/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/exp/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/is_finite/op.h"
#include "cpp/ops/max/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/stop_gradient/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_softmax(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  expect_rank_at_least(inputs[0], 1);
  if (inputs[0].shape.back() == 0) {
    fail(Code::shape_mismatch, "no elements along the last axis of ", inputs[0]);
  }
  return {inputs[0]};
}

std::vector<Value> define_softmax(Graph& graph, std::span<const Value> inputs, const Attributes&) {
  const Value x = inputs[0];
  // Where every element is -inf the largest is not a number to subtract.
  const Value largest = stop_gradient(max(x, -1));
  const Value shift = select(is_finite(largest), largest, graph.scalar(0.0, x.dtype()));
  const Value weights = exp(x - shift);
  return {weights / sum(weights, {-1})};
}

}  // namespace

const Operator& softmax_operator() {
  static const Operator op{.name = "softmax", .infer = infer_softmax, .define = define_softmax};
  return op;
}

Value softmax(Value x) { return x.graph().apply(softmax_operator(), {x})[0]; }

}  // namespace castalia
