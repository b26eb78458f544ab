#ifndef CASTALIA_CPP_OPS_UPSAMPLE_LINEAR_OP_H_
#define CASTALIA_CPP_OPS_UPSAMPLE_LINEAR_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& upsample_linear_operator();

// Images (batch, spatial..., channels) with other spatial extents, one for each axis, larger or
// smaller, by linear interpolation along one axis after another: see interpolate. (Bilinear,
// trilinear; what others call "align_corners = false".)
Value upsample_linear(Value images, const std::vector<int64_t>& extents);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_UPSAMPLE_LINEAR_OP_H_
