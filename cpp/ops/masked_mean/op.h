#ifndef CASTALIA_CPP_OPS_MASKED_MEAN_OP_H_
#define CASTALIA_CPP_OPS_MASKED_MEAN_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& masked_mean_operator();

// The mean over the real ones among a padded number of particles, which are given as for
// masked_sum(). 0 where none is real.
Value masked_mean(Value x, Value mask);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MASKED_MEAN_OP_H_
