#ifndef CASTALIA_CPP_OPS_ARGMIN_OP_H_
#define CASTALIA_CPP_OPS_ARGMIN_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& argmin_operator();

// Where the smallest element along an axis stands, as int64; the first of equal ones. NaN counts as
// the smallest, so that the element is min(). The axis keeps an extent of 1 or goes.
Value argmin(Value x, int64_t axis, bool keep = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ARGMIN_OP_H_
