#ifndef CASTALIA_CPP_OPS_ERF_OP_H_
#define CASTALIA_CPP_OPS_ERF_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& erf_operator();

// The error function.
Value erf(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ERF_OP_H_
