#ifndef CASTALIA_CPP_OPS_ASIN_OP_H_
#define CASTALIA_CPP_OPS_ASIN_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& asin_operator();

// The angle in [-pi/2, pi/2] whose sine is x; NaN outside [-1, 1].
Value asin(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ASIN_OP_H_
