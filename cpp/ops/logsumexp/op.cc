#include "cpp/ops/logsumexp/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/exp/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/is_finite/op.h"
#include "cpp/ops/log/op.h"
#include "cpp/ops/max/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/stop_gradient/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_logsumexp(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  expect_rank_at_least(inputs[0], 1);
  if (inputs[0].shape.back() == 0) {
    fail(Code::shape_mismatch, "no elements along the last axis of ", inputs[0]);
  }
  TensorType out = inputs[0];
  out.shape[out.shape.rank() - 1] = 1;
  return {out};
}

std::vector<Value> define_logsumexp(Graph& graph, std::span<const Value> inputs,
                                    const Attributes&) {
  const Value x = inputs[0];
  // Where every element is -inf the largest is not a number to subtract.
  const Value largest = stop_gradient(max(x, -1));
  const Value shift = select(is_finite(largest), largest, graph.scalar(0.0, x.dtype()));
  return {shift + log(sum(exp(x - shift), {-1}))};
}

}  // namespace

const Operator& logsumexp_operator() {
  static const Operator op{
      .name = "logsumexp", .infer = infer_logsumexp, .define = define_logsumexp};
  return op;
}

Value logsumexp(Value x) { return x.graph().apply(logsumexp_operator(), {x})[0]; }

}  // namespace castalia
