#ifndef CASTALIA_CPP_OPS_RANDOM_BERNOULLI_OP_H_
#define CASTALIA_CPP_OPS_RANDOM_BERNOULLI_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& random_bernoulli_operator();

// 1 with the given probability, else 0, in its shape (rows, features) and type: whether the uniform
// draw that random_uniform() has at the same address lies below it, compared in float64. Row i is
// event first_event + i. Seed and first event are int64 of shape []: values of the run, not of the
// graph. Each stage of a model has a number of its own, below 65536. No gradient flows to the
// probability.
Value random_bernoulli(Value seed, Value first_event, Value probability, int64_t stage);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_BERNOULLI_OP_H_
