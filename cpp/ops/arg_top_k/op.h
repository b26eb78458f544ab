#ifndef CASTALIA_CPP_OPS_ARG_TOP_K_OP_H_
#define CASTALIA_CPP_OPS_ARG_TOP_K_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& arg_top_k_operator();

// The indices (int64) of the largest elements along an axis, the largest first. The order is
// total: -0 equals 0, NaN counts as the largest, and of equal elements the one with the smaller
// index comes first.
Value arg_top_k(Value x, int64_t count, int64_t axis = -1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ARG_TOP_K_OP_H_
