#ifndef CASTALIA_CPP_OPS_CENTRED_SUMS_OP_H_
#define CASTALIA_CPP_OPS_CENTRED_SUMS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& centred_sums_operator();

// What the gradient of batch_norm sums over rows: of g and x (rows, columns) and mean (columns),
// the sums of g and of g * (x - mean), both (columns). Accumulated in float64 over fixed tiles of
// rows, which are added in their order.
struct CentredSums {
  Value sums;
  Value products;
};
CentredSums centred_sums(Value g, Value x, Value mean);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CENTRED_SUMS_OP_H_
