#ifndef CASTALIA_CPP_OPS_CONVOLUTION_TRANSPOSE_OP_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_TRANSPOSE_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/window.h"

namespace castalia {

const Operator& convolution_transpose_operator();

// The transpose of the convolution with these weights, window and groups, as a linear map: it leads
// from the convolution's result back to its images, and enlarges by the stride. Images are
// (batch, spatial..., channels), weights (kernel..., channels_of_the_result / groups, channels).
// Along an axis the result has (extent - 1) * stride + dilation * (kernel - 1) + 1 - padding +
// output_padding elements; output_padding (for every axis, one for all, or empty: 0; below the
// stride) chooses among the extents whose convolution has the same size. An image of the result
// depends on the same image alone, and its bits do not depend on the batch.
Value convolution_transpose(Value images, Value weights, const Window& window = {},
                            const std::vector<int64_t>& output_padding = {}, int64_t groups = 1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_TRANSPOSE_OP_H_
