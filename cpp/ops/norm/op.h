#ifndef CASTALIA_CPP_OPS_NORM_OP_H_
#define CASTALIA_CPP_OPS_NORM_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& norm_operator();

// The norm over axes, which keep an extent of 1 or go, of an order from 1 to infinity: the sum of
// magnitudes, the Euclidean norm, ..., the largest magnitude. The gradient at 0 is 0. Powers of the
// elements must be representable.
Value norm(Value x, const std::vector<int64_t>& axes, double order = 2.0, bool keep = true);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NORM_OP_H_
