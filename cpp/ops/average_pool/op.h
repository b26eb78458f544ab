#ifndef CASTALIA_CPP_OPS_AVERAGE_POOL_OP_H_
#define CASTALIA_CPP_OPS_AVERAGE_POOL_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {

const Operator& average_pool_operator();

// The mean over each window, for every channel by itself: images (batch, spatial..., channels) give
// (batch, positions..., channels). `kernel` holds the window's extents, one for every spatial axis
// or one for all; without a stride windows lie side by side. The divisor says whether padding
// counts, or asks for the sum.
Value average_pool(Value images, const std::vector<int64_t>& kernel, const Window& window = {},
                   PoolDivisor divisor = PoolDivisor::taps);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AVERAGE_POOL_OP_H_
