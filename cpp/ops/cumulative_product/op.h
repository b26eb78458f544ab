#ifndef CASTALIA_CPP_OPS_CUMULATIVE_PRODUCT_OP_H_
#define CASTALIA_CPP_OPS_CUMULATIVE_PRODUCT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& cumulative_product_operator();

// out[..., j] = x[..., 0] ... x[..., j] along the last axis. Accumulates in float64 and rounds each
// element once. The derivatives of every order hold where elements are 0, too.
Value cumulative_product(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CUMULATIVE_PRODUCT_OP_H_
