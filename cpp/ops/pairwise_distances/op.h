#ifndef CASTALIA_CPP_OPS_PAIRWISE_DISTANCES_OP_H_
#define CASTALIA_CPP_OPS_PAIRWISE_DISTANCES_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& pairwise_distances_operator();

// Distances between the rows of x (..., n, features) and y (..., m, features) with the same leading
// axes: (..., n, m), Euclidean, or their squares. Differences are taken first, so that near points
// lose nothing. Equal points have distance 0 and gradient 0.
Value pairwise_distances(Value x, Value y, bool squared = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PAIRWISE_DISTANCES_OP_H_
