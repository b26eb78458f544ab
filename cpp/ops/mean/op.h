#ifndef CASTALIA_CPP_OPS_MEAN_OP_H_
#define CASTALIA_CPP_OPS_MEAN_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& mean_operator();

// The mean over axes: their sum, accumulated in float64, times the reciprocal of the number of
// summed elements. In the type of x unless given.
Value mean(Value x, const std::vector<int64_t>& axes, bool keep = true);
Value mean(Value x, const std::vector<int64_t>& axes, bool keep, DType dtype);
// The mean of all elements, of shape [].
Value mean(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MEAN_OP_H_
