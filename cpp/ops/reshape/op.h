#ifndef CASTALIA_CPP_OPS_RESHAPE_OP_H_
#define CASTALIA_CPP_OPS_RESHAPE_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& reshape_operator();

// The same elements in the same order with another shape of as many elements. One extent may be -1:
// it is what remains.
Value reshape(Value x, const Shape& shape);
Value reshape(Value x, std::vector<int64_t> extents);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RESHAPE_OP_H_
