#ifndef CASTALIA_CPP_OPS_INTERPOLATE_TRANSPOSE_OP_H_
#define CASTALIA_CPP_OPS_INTERPOLATE_TRANSPOSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of interpolate, a linear map: each point gives to the two elements that it was read
// between. Attributes: the "axis" and the "elements" of the result along it.
const Operator& interpolate_transpose_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INTERPOLATE_TRANSPOSE_OP_H_
