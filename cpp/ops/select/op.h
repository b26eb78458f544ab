#ifndef CASTALIA_CPP_OPS_SELECT_OP_H_
#define CASTALIA_CPP_OPS_SELECT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& select_operator();

// a where the condition is not 0, else b: what stands in the other branch, NaN included, does not
// matter, in value and gradient. All three have one type and broadcast by NumPy's rule.
// No gradient flows to the condition.
Value select(Value condition, Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SELECT_OP_H_
