#ifndef CASTALIA_CPP_OPS_AFFINE_MAP_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_AFFINE_MAP_INVERSE_OP_H_

#include "cpp/graph/operator.h"

namespace castalia {

// The x that affine_map maps to the argument, and the logarithm of dx/dy.
const Operator& affine_map_inverse_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AFFINE_MAP_INVERSE_OP_H_
