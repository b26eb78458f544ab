#ifndef CASTALIA_CPP_OPS_INTERPOLATE_OP_H_
#define CASTALIA_CPP_OPS_INTERPOLATE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& interpolate_operator();

// x read at `points` points along an axis, linearly between neighbours. Elements and points are
// cells of equal length that divide the same interval, read at their centres; outside the centres
// of the first and the last element these hold.
Value interpolate(Value x, int64_t axis, int64_t points);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INTERPOLATE_OP_H_
