#ifndef CASTALIA_CPP_OPS_VARIANCE_OP_H_
#define CASTALIA_CPP_OPS_VARIANCE_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& variance_operator();

// The mean square distance from the mean over axes, which keep an extent of 1 or go; the sum of
// squares is divided by the number of elements less the correction (1: unbiased).
Value variance(Value x, const std::vector<int64_t>& axes, bool keep = true, int64_t correction = 0);
// Its root. The gradient where all elements are equal is 0.
Value standard_deviation(Value x, const std::vector<int64_t>& axes, bool keep = true,
                         int64_t correction = 0);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_VARIANCE_OP_H_
