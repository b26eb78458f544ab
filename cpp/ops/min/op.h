#ifndef CASTALIA_CPP_OPS_MIN_OP_H_
#define CASTALIA_CPP_OPS_MIN_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& min_operator();

// The smallest element along an axis, which keeps an extent of 1 or goes; NaN where one is NaN.
// Equal smallest elements share the gradient.
Value min(Value x, int64_t axis, bool keep = true);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MIN_OP_H_
