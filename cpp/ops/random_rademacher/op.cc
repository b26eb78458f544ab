#include "cpp/ops/random_rademacher/op.h"

#include "cpp/ops/random.h"

namespace castalia {

const Operator& random_rademacher_operator() {
  static const Operator op{
      .name = "random_rademacher", .infer = infer_random, .no_gradient = "it is random"};
  return op;
}

Value random_rademacher(Value seed, Value first_event, int64_t rows, int64_t features,
                        int64_t stage, DType dtype) {
  return seed.graph().apply(random_rademacher_operator(), {seed, first_event},
                            random_attributes(rows, features, stage, dtype))[0];
}

}  // namespace castalia
