#ifndef CASTALIA_CPP_OPS_ANY_OP_H_
#define CASTALIA_CPP_OPS_ANY_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& any_operator();

// 1 where an element over the axes is true (not 0; NaN is true), else 0; 0 of no elements. The axes
// keep an extent of 1 or go.
Value any(Value x, const std::vector<int64_t>& axes, bool keep = true);
// 1 where every element is true, else 0.
Value all(Value x, const std::vector<int64_t>& axes, bool keep = true);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ANY_OP_H_
