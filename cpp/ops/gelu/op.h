#ifndef CASTALIA_CPP_OPS_GELU_OP_H_
#define CASTALIA_CPP_OPS_GELU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& gelu_operator();

// x times the probability that a standard normal number lies below x (arXiv:1606.08415): exactly,
// or by the usual approximation with tanh (gelu_by_tanh). For finite x.
Value gelu(Value x, bool approximate = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_GELU_OP_H_
