#ifndef CASTALIA_CPP_OPS_MOMENTS_OP_H_
#define CASTALIA_CPP_OPS_MOMENTS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& moments_operator();

// Mean and variance (the mean squared difference from the mean) of each column of x
// (rows, columns): both (columns). Accumulated in float64 over fixed tiles of rows, which are added
// in their order. No rows give 0.
struct Moments {
  Value mean;
  Value variance;
};
Moments moments(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MOMENTS_OP_H_
