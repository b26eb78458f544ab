#ifndef CASTALIA_CPP_OPS_CLAMP_OP_H_
#define CASTALIA_CPP_OPS_CLAMP_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& clamp_operator();

// x within [low, high]: the nearer limit where it lies outside, and no gradient there. Keeps NaN.
Value clamp(Value x, double low, double high);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CLAMP_OP_H_
