#ifndef CASTALIA_CPP_OPS_MAX_POOL_OP_H_
#define CASTALIA_CPP_OPS_MAX_POOL_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/window.h"

namespace castalia {

const Operator& max_pool_operator();

// The largest element of each window, for every channel by itself: images (batch, spatial...,
// channels) give (batch, positions..., channels). `kernel` holds the window's extents, one for
// every spatial axis or one for all; without a stride windows lie side by side. Padding is never
// the largest. Of equal elements the first counts, and takes the whole gradient; NaN counts as
// larger than numbers.
Value max_pool(Value images, const std::vector<int64_t>& kernel, const Window& window = {});

// The elements of `values` at the places where `images` are largest in each window; both have one
// shape. The values move freely, the places do not: no gradient flows to the images.
Value pool_by_max(Value images, Value values, const std::vector<int64_t>& kernel,
                  const Window& window = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MAX_POOL_OP_H_
