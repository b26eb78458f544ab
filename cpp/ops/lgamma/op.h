#ifndef CASTALIA_CPP_OPS_LGAMMA_OP_H_
#define CASTALIA_CPP_OPS_LGAMMA_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& lgamma_operator();

// log |gamma(x)|; infinite at 0 and at negative whole numbers.
Value lgamma(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LGAMMA_OP_H_
