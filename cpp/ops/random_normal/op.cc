#include "cpp/ops/random_normal/op.h"

#include "cpp/ops/random.h"

namespace castalia {

const Operator& random_normal_operator() {
  static const Operator op{
      .name = "random_normal", .infer = infer_random, .no_gradient = "it is random"};
  return op;
}

Value random_normal(Value seed, Value first_event, int64_t rows, int64_t features, int64_t stage,
                    DType dtype) {
  return seed.graph().apply(random_normal_operator(), {seed, first_event},
                            random_attributes(rows, features, stage, dtype))[0];
}

}  // namespace castalia
