#ifndef CASTALIA_CPP_OPS_MASKED_SUM_OP_H_
#define CASTALIA_CPP_OPS_MASKED_SUM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& masked_sum_operator();

// The sum over the real ones among a padded number of particles: of x (..., particles, features)
// and mask (..., particles), whose elements are not 0 for real particles: (..., features). What
// stands in the others, NaN included, does not matter. Accumulated in float64. No gradient flows to
// the mask.
Value masked_sum(Value x, Value mask);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MASKED_SUM_OP_H_
