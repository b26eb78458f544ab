#ifndef CASTALIA_CPP_OPS_ADDITIVE_MAP_OP_H_
#define CASTALIA_CPP_OPS_ADDITIVE_MAP_OP_H_

#include "cpp/graph/operator.h"

namespace castalia {

// The additive coupling's map (arXiv:1410.8516), y = x + shift, with one parameter: a monotone map
// of one number (monotone_parts.h). Zero gives the identity.
const Operator& additive_map_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ADDITIVE_MAP_OP_H_
