#ifndef CASTALIA_CPP_OPS_SQUARED_MAP_OP_H_
#define CASTALIA_CPP_OPS_SQUARED_MAP_OP_H_

#include "cpp/graph/operator.h"

namespace castalia {

// The non-linear squared map (arXiv:1901.10548),
//   y = shift + a x + c / (1 + (d x + place)^2),
// with five parameters: the shift, the raw logarithms of a and of d, the raw bend and the place. c
// is 0.95 tanh(bend) of the largest that leaves the map monotone, 8 sqrt(3) / 9 a / d: the
// derivative is 0.05 a at least. A monotone map of one number (monotone_parts.h). Zeros give the
// identity.
const Operator& squared_map_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SQUARED_MAP_OP_H_
