#ifndef CASTALIA_CPP_OPS_RANDOM_PERMUTATION_OP_H_
#define CASTALIA_CPP_OPS_RANDOM_PERMUTATION_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& random_permutation_operator();

// A permutation of 0, ..., features - 1 for every event, as int64 of shape (rows, features); all
// equally likely. Row i is that of permutation() in cpp/base/philox.h with the round first_event +
// i. Seed and first event are int64 of shape []: values of the run, not of the graph. Each stage of
// a model has a number of its own, below 65536.
Value random_permutation(Value seed, Value first_event, int64_t rows, int64_t features,
                         int64_t stage);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_PERMUTATION_OP_H_
