#ifndef CASTALIA_CPP_OPS_LOCALLY_CONNECTED_TRANSPOSE_OP_H_
#define CASTALIA_CPP_OPS_LOCALLY_CONNECTED_TRANSPOSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of locally_connected for its images, a linear map from (batch, positions...,
// channels_out), with the weights, to (batch, spatial..., channels_in). Attributes are those of
// locally_connected and the "extents" of the result.
const Operator& locally_connected_transpose_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOCALLY_CONNECTED_TRANSPOSE_OP_H_
