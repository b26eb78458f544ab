#ifndef CASTALIA_CPP_OPS_NEGATE_OP_H_
#define CASTALIA_CPP_OPS_NEGATE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& negate_operator();

// -x
Value negate(Value x);
Value operator-(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NEGATE_OP_H_
