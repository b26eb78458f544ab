#ifndef CASTALIA_CPP_OPS_SQUARE_OP_H_
#define CASTALIA_CPP_OPS_SQUARE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& square_operator();

// x * x
Value square(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SQUARE_OP_H_
