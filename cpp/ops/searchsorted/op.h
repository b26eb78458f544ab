#ifndef CASTALIA_CPP_OPS_SEARCHSORTED_OP_H_
#define CASTALIA_CPP_OPS_SEARCHSORTED_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& searchsorted_operator();

// How many of the edges, of shape (n) and ascending, are less than each element of x, or less than
// or equal to it when `right`: where x would be inserted, as int64 of the shape of x. n for NaN.
Value searchsorted(Value edges, Value x, bool right = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEARCHSORTED_OP_H_
