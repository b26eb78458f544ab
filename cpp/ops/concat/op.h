#ifndef CASTALIA_CPP_OPS_CONCAT_OP_H_
#define CASTALIA_CPP_OPS_CONCAT_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& concat_operator();

// Tensors of one type one after another along an axis; the other extents must agree.
Value concat(const std::vector<Value>& parts, int64_t axis);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONCAT_OP_H_
