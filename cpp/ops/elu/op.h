#ifndef CASTALIA_CPP_OPS_ELU_OP_H_
#define CASTALIA_CPP_OPS_ELU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& elu_operator();

// x where it is positive, alpha (exp(x) - 1) elsewhere. The derivative at 0 is alpha.
// arXiv:1511.07289.
Value elu(Value x, double alpha = 1.0);
Value elu(Value x, Value alpha);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ELU_OP_H_
