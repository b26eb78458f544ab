#ifndef CASTALIA_CPP_OPS_PARTIAL_MOMENTS_OP_H_
#define CASTALIA_CPP_OPS_PARTIAL_MOMENTS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& partial_moments_operator();

// Rows that one tile takes together, from the number of columns alone.
int64_t moment_tile_rows(int64_t columns);

// The first stage of moments(): for each tile of rows of x (rows, columns), the sum of every column
// and the sum of its squared differences from the tile's own mean, float64 (tiles, columns).
struct PartialMoments {
  Value sums;
  Value squares;
};
PartialMoments partial_moments(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PARTIAL_MOMENTS_OP_H_
