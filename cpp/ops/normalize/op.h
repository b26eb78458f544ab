#ifndef CASTALIA_CPP_OPS_NORMALIZE_OP_H_
#define CASTALIA_CPP_OPS_NORMALIZE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& normalize_operator();

// What layer_norm, group_norm, instance_norm and rms_norm are made of. x is (rows, positions,
// groups, width); the positions * width elements of every row and group share a mean and a
// variance:
//   (x - mean) / sqrt(variance + epsilon) * scale + bias
// with scale and bias of shape (groups, width), or null for 1 and 0. Where not centred no mean is
// subtracted, and the mean square is the variance. Statistics accumulate in float64. A row's bits
// do not depend on the other rows.
Value normalize(Value x, Value scale, Value bias, double epsilon, bool centred);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NORMALIZE_OP_H_
