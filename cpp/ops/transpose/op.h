#ifndef CASTALIA_CPP_OPS_TRANSPOSE_OP_H_
#define CASTALIA_CPP_OPS_TRANSPOSE_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& transpose_operator();

// Axis i of the result is axis permutation[i] of x.
Value transpose(Value x, const std::vector<int64_t>& permutation);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TRANSPOSE_OP_H_
