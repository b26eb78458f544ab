#ifndef CASTALIA_CPP_OPS_ARGSORT_OP_H_
#define CASTALIA_CPP_OPS_ARGSORT_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& argsort_operator();

// The indices (int64) that put the elements along an axis in ascending or descending order. The
// order is total: -0 equals 0, NaN counts as the largest, and of equal elements the one with the
// smaller index comes first, whether ascending or descending.
Value argsort(Value x, int64_t axis = -1, bool descending = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ARGSORT_OP_H_
