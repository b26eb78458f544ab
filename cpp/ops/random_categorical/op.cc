#include "cpp/ops/random_categorical/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/random.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_random_categorical(std::span<const TensorType> inputs,
                                                 const Attributes& attributes) {
  expect_random(inputs, attributes, 1);
  expect_floating(inputs[2]);
  expect_rank_at_least(inputs[2], 2);
  TensorType out{DType::int64, inputs[2].shape};
  out.shape.erase(out.shape.rank() - 1);
  return {out};
}

}  // namespace

const Operator& random_categorical_operator() {
  static const Operator op{.name = "random_categorical",
                           .infer = infer_random_categorical,
                           .no_gradient = "it is random"};
  return op;
}

Value random_categorical(Value seed, Value first_event, Value logits, int64_t stage) {
  return seed.graph().apply(random_categorical_operator(), {seed, first_event, logits},
                            {{"stage", stage}})[0];
}

}  // namespace castalia
