#ifndef CASTALIA_CPP_OPS_RANDOM_CATEGORICAL_OP_H_
#define CASTALIA_CPP_OPS_RANDOM_CATEGORICAL_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& random_categorical_operator();

// A class for each set of logits, which need no normalisation: (rows, ..., classes) to int64 of
// shape (rows, ...). By inversion of the cumulative distribution in float64, with the uniform draw
// whose feature is the set's number in its row. A logit of -inf is never drawn; -1 where there is
// nothing to draw: no class, no finite logit, one that is NaN or inf. Row i is event first_event +
// i. Seed and first event are int64 of shape []: values of the run, not of the graph. Each stage of
// a model has a number of its own, below 65536.
Value random_categorical(Value seed, Value first_event, Value logits, int64_t stage);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_CATEGORICAL_OP_H_
