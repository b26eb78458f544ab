#ifndef CASTALIA_CPP_OPS_CONVOLUTION_WEIGHT_GRADIENT_OP_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_WEIGHT_GRADIENT_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/window.h"

namespace castalia {

const Operator& convolution_weight_gradient_operator();

// The gradient of sum(g * convolution(images, weights)) with respect to the weights, which it does
// not need: images (batch, spatial..., channels_in) and g (batch, positions..., channels_out) give
// (kernel..., channels_in / groups, channels_out). Linear in both. With convolution and
// convolution_transpose it is closed under differentiation. Images are summed in a fixed order.
Value convolution_weight_gradient(Value images, Value g, const std::vector<int64_t>& kernel,
                                  const Window& window = {}, int64_t groups = 1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_WEIGHT_GRADIENT_OP_H_
