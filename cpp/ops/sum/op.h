#ifndef CASTALIA_CPP_OPS_SUM_OP_H_
#define CASTALIA_CPP_OPS_SUM_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sum_operator();

// The sum over axes, accumulated in float64 in a fixed order and rounded once to the type of the
// result: that of x unless given. Reduced axes keep an extent of 1, or go.
Value sum(Value x, const std::vector<int64_t>& axes, bool keep = true);
Value sum(Value x, const std::vector<int64_t>& axes, bool keep, DType dtype);
// The sum of all elements, of shape [].
Value sum(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SUM_OP_H_
