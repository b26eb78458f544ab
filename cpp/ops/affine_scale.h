// What the affine map and its inverse share.
#ifndef CASTALIA_CPP_OPS_AFFINE_SCALE_H_
#define CASTALIA_CPP_OPS_AFFINE_SCALE_H_

#include "cpp/graph/graph.h"
#include "cpp/ops/affine_map/op.h"

namespace castalia {

// The logarithm of the scale.
Value log_of_affine_scale(Value raw, const AffineMapOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AFFINE_SCALE_H_
