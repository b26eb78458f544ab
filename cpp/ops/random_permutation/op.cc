#include "cpp/ops/random_permutation/op.h"

#include "cpp/ops/random.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_random_permutation(std::span<const TensorType> inputs,
                                                 const Attributes& attributes) {
  expect_random(inputs, attributes, 0);
  return {{DType::int64, {attributes.integer("rows"), attributes.integer("features")}}};
}

}  // namespace

const Operator& random_permutation_operator() {
  static const Operator op{.name = "random_permutation",
                           .infer = infer_random_permutation,
                           .no_gradient = "it is random"};
  return op;
}

Value random_permutation(Value seed, Value first_event, int64_t rows, int64_t features,
                         int64_t stage) {
  return seed.graph().apply(random_permutation_operator(), {seed, first_event},
                            {{"rows", rows}, {"features", features}, {"stage", stage}})[0];
}

}  // namespace castalia
