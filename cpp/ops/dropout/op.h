#ifndef CASTALIA_CPP_OPS_DROPOUT_OP_H_
#define CASTALIA_CPP_OPS_DROPOUT_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& dropout_operator();

// Each element of x, of shape (rows, ...), with probability 1 - rate and multiplied by 1 / (1 -
// rate); else 0. Row i is event first_event + i; an element's draw is that of random_uniform()
// whose feature is its place in the row. The rate lies in [0, 1). x itself unless training, or when
// the rate is 0. arXiv:1207.0580. Seed and first event are int64 of shape []: values of the run,
// not of the graph. Each stage of a model has a number of its own, below 65536.
Value dropout(Value x, double rate, bool training, Value seed, Value first_event, int64_t stage);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_DROPOUT_OP_H_
