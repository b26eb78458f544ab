#include "cpp/ops/random_bernoulli/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/random.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_random_bernoulli(std::span<const TensorType> inputs,
                                               const Attributes& attributes) {
  expect_random(inputs, attributes, 1);
  expect_floating(inputs[2]);
  if (inputs[2].shape.rank() != 2) {
    fail(Code::shape_mismatch, "takes probabilities of shape (rows, features), not ", inputs[2]);
  }
  return {inputs[2]};
}

}  // namespace

const Operator& random_bernoulli_operator() {
  static const Operator op{
      .name = "random_bernoulli", .infer = infer_random_bernoulli, .no_gradient = "it is random"};
  return op;
}

Value random_bernoulli(Value seed, Value first_event, Value probability, int64_t stage) {
  return seed.graph().apply(random_bernoulli_operator(), {seed, first_event, probability},
                            {{"stage", stage}})[0];
}

}  // namespace castalia
