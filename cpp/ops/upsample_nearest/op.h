#ifndef CASTALIA_CPP_OPS_UPSAMPLE_NEAREST_OP_H_
#define CASTALIA_CPP_OPS_UPSAMPLE_NEAREST_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& upsample_nearest_operator();

// Every element of images (batch, spatial..., channels) repeated `factors` times along the spatial
// axes, a factor for each of them or one for all.
Value upsample_nearest(Value images, const std::vector<int64_t>& factors);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_UPSAMPLE_NEAREST_OP_H_
