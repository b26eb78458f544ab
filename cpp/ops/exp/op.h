#ifndef CASTALIA_CPP_OPS_EXP_OP_H_
#define CASTALIA_CPP_OPS_EXP_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& exp_operator();

// exp(x)
Value exp(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_EXP_OP_H_
