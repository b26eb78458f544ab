#ifndef CASTALIA_CPP_OPS_TAKE_OP_H_
#define CASTALIA_CPP_OPS_TAKE_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& take_operator();

// out[..., j] = x[..., indices[j]]: columns of x by constant indices, which may repeat and leave
// out.
Value take(Value x, const std::vector<int64_t>& indices);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TAKE_OP_H_
