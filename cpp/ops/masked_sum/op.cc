#include "cpp/ops/masked_sum/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_masked_sum(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_rank_at_least(inputs[0], 2);
  Shape particles = inputs[0].shape;
  particles.erase(particles.rank() - 1);
  if (!(inputs[1].shape == particles)) {
    fail(Code::shape_mismatch, inputs[0], " takes a mask of shape ", particles, ", not ",
         inputs[1]);
  }
  TensorType out = inputs[0];
  out.shape.erase(out.shape.rank() - 2);
  return {out};
}

std::vector<Value> define_masked_sum(Graph& graph, std::span<const Value> inputs,
                                     const Attributes&) {
  Shape column = inputs[1].shape();
  column.push_back(1);
  const Value zero = graph.scalar(0.0, inputs[0].dtype());
  return {sum(select(reshape(inputs[1], column), inputs[0], zero), {-2}, false)};
}

}  // namespace

const Operator& masked_sum_operator() {
  static const Operator op{
      .name = "masked_sum", .infer = infer_masked_sum, .define = define_masked_sum};
  return op;
}

Value masked_sum(Value x, Value mask) {
  return x.graph().apply(masked_sum_operator(), {x, mask})[0];
}

}  // namespace castalia
