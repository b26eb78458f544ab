#ifndef CASTALIA_CPP_OPS_BARRIER_OP_H_
#define CASTALIA_CPP_OPS_BARRIER_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& barrier_operator();

// x itself, as a value of its own: what is computed from it is not shared with the same computed
// from x, nor from a barrier of another number. It costs nothing, and gradients pass.
Value barrier(Value x, int64_t number);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_BARRIER_OP_H_
