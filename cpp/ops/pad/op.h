#ifndef CASTALIA_CPP_OPS_PAD_OP_H_
#define CASTALIA_CPP_OPS_PAD_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& pad_operator();

// Zeros before and after x along an axis.
Value pad(Value x, int64_t axis, int64_t before, int64_t after);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PAD_OP_H_
