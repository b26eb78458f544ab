#ifndef CASTALIA_CPP_OPS_MONOTONE_CUBIC_ROOT_OP_H_
#define CASTALIA_CPP_OPS_MONOTONE_CUBIC_ROOT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& monotone_cubic_root_operator();

// The t in [0, 1] with t (1 - t)^2 start + t^2 (1 - t) (3 - end) + t^3 = share: where the cubic
// that rises from 0 to 1 with these derivatives at its ends has the value `share` in [0, 1]. All
// three have one type and shape. The cubic must rise: start and end are in [0, 3], not both 3;
// elsewhere the result is some number in [0, 1]. The gradient is that of the implicit function.
Value monotone_cubic_root(Value share, Value start, Value end);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MONOTONE_CUBIC_ROOT_OP_H_
