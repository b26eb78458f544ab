#include "cpp/ops/dropout/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/random.h"
#include "cpp/ops/random_uniform/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/select/op.h"

namespace castalia {
namespace {

void expect_rate(double rate) {
  if (!(rate >= 0 && rate < 1)) fail(Code::out_of_range, "rate ", rate, " is not in [0, 1)");
}

std::vector<TensorType> infer_dropout(std::span<const TensorType> inputs,
                                      const Attributes& attributes) {
  expect_random(inputs, attributes, 1);
  expect_floating(inputs[2]);
  expect_rank_at_least(inputs[2], 1);
  expect_rate(attributes.real("rate"));
  return {inputs[2]};
}

std::vector<Value> define_dropout(Graph& graph, std::span<const Value> inputs,
                                  const Attributes& attributes) {
  const Value x = inputs[2];
  const double rate = attributes.real("rate");
  const Value draws =
      random_uniform(inputs[0], inputs[1], x.rows(), x.shape().count(1, x.shape().rank()),
                     attributes.integer("stage"), x.dtype());
  const Value kept = less(graph.scalar(rate, x.dtype()), reshape(draws, x.shape()));
  return {select(kept, x * (1 / (1 - rate)), graph.scalar(0.0, x.dtype()))};
}

}  // namespace

const Operator& dropout_operator() {
  static const Operator op{.name = "dropout", .infer = infer_dropout, .define = define_dropout};
  return op;
}

Value dropout(Value x, double rate, bool training, Value seed, Value first_event, int64_t stage) {
  expect_rate(rate);
  if (!training || rate == 0) return x;
  return x.graph().apply(dropout_operator(), {seed, first_event, x},
                         {{"rate", rate}, {"stage", stage}})[0];
}

}  // namespace castalia
