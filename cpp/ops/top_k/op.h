#ifndef CASTALIA_CPP_OPS_TOP_K_OP_H_
#define CASTALIA_CPP_OPS_TOP_K_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& top_k_operator();

// The largest elements along an axis, the largest first; arg_top_k() says where they stand, and in
// which order equal ones come. The gradient goes back to their places.
Value top_k(Value x, int64_t count, int64_t axis = -1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TOP_K_OP_H_
