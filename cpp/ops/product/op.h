#ifndef CASTALIA_CPP_OPS_PRODUCT_OP_H_
#define CASTALIA_CPP_OPS_PRODUCT_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& product_operator();

// The product along an axis, which keeps an extent of 1 or goes; 1 where there are no elements. The
// derivatives of every order hold where elements are 0, too: nothing is divided.
Value product(Value x, int64_t axis, bool keep = true);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PRODUCT_OP_H_
