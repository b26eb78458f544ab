#ifndef CASTALIA_CPP_OPS_ARGMAX_OP_H_
#define CASTALIA_CPP_OPS_ARGMAX_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& argmax_operator();

// Where the largest element along an axis stands, as int64; the first of equal ones. NaN counts as
// the largest, so that the element is max(). The axis keeps an extent of 1 or goes.
Value argmax(Value x, int64_t axis, bool keep = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ARGMAX_OP_H_
