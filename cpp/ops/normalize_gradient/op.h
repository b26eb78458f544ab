#ifndef CASTALIA_CPP_OPS_NORMALIZE_GRADIENT_OP_H_
#define CASTALIA_CPP_OPS_NORMALIZE_GRADIENT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of normalize, made by its gradient rule. Operands: x, the gradient of the result,
// and scale where there is one. Results: the gradient of x, and, as there is a scale and (attribute
// "bias") a bias, those of both, summed over tiles of rows: float64 (tiles, groups, width).
const Operator& normalize_gradient_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NORMALIZE_GRADIENT_OP_H_
