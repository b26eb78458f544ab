#ifndef CASTALIA_CPP_OPS_DIGAMMA_OP_H_
#define CASTALIA_CPP_OPS_DIGAMMA_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& digamma_operator();

// The derivative of lgamma(x). NaN at negative whole numbers.
Value digamma(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_DIGAMMA_OP_H_
