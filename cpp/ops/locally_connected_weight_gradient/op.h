#ifndef CASTALIA_CPP_OPS_LOCALLY_CONNECTED_WEIGHT_GRADIENT_OP_H_
#define CASTALIA_CPP_OPS_LOCALLY_CONNECTED_WEIGHT_GRADIENT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of sum(g * locally_connected(images, weights)) for the weights: images (batch,
// spatial..., channels_in) and g (batch, positions..., channels_out) give the shape of the weights.
// Attributes are those of locally_connected. Images are summed in order.
const Operator& locally_connected_weight_gradient_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOCALLY_CONNECTED_WEIGHT_GRADIENT_OP_H_
