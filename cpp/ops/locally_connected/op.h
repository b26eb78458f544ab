#ifndef CASTALIA_CPP_OPS_LOCALLY_CONNECTED_OP_H_
#define CASTALIA_CPP_OPS_LOCALLY_CONNECTED_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/window.h"

namespace castalia {

const Operator& locally_connected_operator();

// A convolution with weights of their own at every position, for images whose places are not alike:
// images (batch, spatial..., channels_in), with one to three spatial axes, and weights
// (positions, taps * channels_in, channels_out), positions and taps of the kernel counted
// row-major, give (batch, positions..., channels_out). `kernel` holds the window's extents, one for
// every spatial axis or one for all. An image of the result depends on the same image alone, and
// its bits do not depend on the batch.
Value locally_connected(Value images, Value weights, const std::vector<int64_t>& kernel,
                        const Window& window = {});

// The shape of the weights for such images.
Shape locally_connected_weights(const Shape& images, const std::vector<int64_t>& kernel,
                                int64_t channels_out, const Window& window = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOCALLY_CONNECTED_OP_H_
