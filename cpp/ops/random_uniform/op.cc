#include "cpp/ops/random_uniform/op.h"

#include "cpp/ops/random.h"

namespace castalia {

const Operator& random_uniform_operator() {
  static const Operator op{
      .name = "random_uniform", .infer = infer_random, .no_gradient = "it is random"};
  return op;
}

Value random_uniform(Value seed, Value first_event, int64_t rows, int64_t features, int64_t stage,
                     DType dtype) {
  return seed.graph().apply(random_uniform_operator(), {seed, first_event},
                            random_attributes(rows, features, stage, dtype))[0];
}

}  // namespace castalia
