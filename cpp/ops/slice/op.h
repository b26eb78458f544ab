#ifndef CASTALIA_CPP_OPS_SLICE_OP_H_
#define CASTALIA_CPP_OPS_SLICE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& slice_operator();

// The elements [first, last) along an axis.
Value slice(Value x, int64_t axis, int64_t first, int64_t last);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SLICE_OP_H_
