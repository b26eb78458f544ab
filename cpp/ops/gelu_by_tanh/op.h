#ifndef CASTALIA_CPP_OPS_GELU_BY_TANH_OP_H_
#define CASTALIA_CPP_OPS_GELU_BY_TANH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& gelu_by_tanh_operator();

// gelu(x) to three digits: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
Value gelu_by_tanh(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_GELU_BY_TANH_OP_H_
