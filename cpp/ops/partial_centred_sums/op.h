#ifndef CASTALIA_CPP_OPS_PARTIAL_CENTRED_SUMS_OP_H_
#define CASTALIA_CPP_OPS_PARTIAL_CENTRED_SUMS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& partial_centred_sums_operator();

// The first stage of centred_sums(): its results for each tile of moment_tile_rows() rows, float64
// (tiles, columns).
struct PartialCentredSums {
  Value sums;
  Value products;
};
PartialCentredSums partial_centred_sums(Value g, Value x, Value mean);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PARTIAL_CENTRED_SUMS_OP_H_
