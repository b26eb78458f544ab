#ifndef CASTALIA_CPP_OPS_CONVOLUTION_OP_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/window.h"

namespace castalia {

const Operator& convolution_operator();

// The convolution of images (batch, spatial..., channels_in), with one to three spatial axes, with
// weights (kernel..., channels_in / groups, channels_out): images (batch, positions...,
// channels_out). As everywhere in machine learning it is a correlation: the kernel is not mirrored.
// Along an axis there are (extent + padding - dilation * (kernel - 1) - 1) / stride + 1 positions,
// rounded down. With groups, each group of output channels sees its own group of input channels.
// An image of the result depends on the same image alone, and its bits do not depend on the batch.
Value convolution(Value images, Value weights, const Window& window = {}, int64_t groups = 1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_OP_H_
