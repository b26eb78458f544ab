#ifndef CASTALIA_CPP_OPS_SORT_OP_H_
#define CASTALIA_CPP_OPS_SORT_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sort_operator();

// The elements along an axis in ascending or descending order, which is that of argsort(). The
// gradient goes back to the elements' places.
Value sort(Value x, int64_t axis = -1, bool descending = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SORT_OP_H_
