#ifndef CASTALIA_CPP_OPS_MASKED_MATMUL_OP_H_
#define CASTALIA_CPP_OPS_MASKED_MATMUL_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& masked_matmul_operator();

// The product of x (rows, inputs) and w (inputs, outputs) in which output j sees only the first
// reach[j / repeat] inputs, repeat = outputs / reach.size(): the layers of autoregressive networks
// (arXiv:1502.03509) whose units stand in the order of what they may see. The other elements of w
// have no effect and no gradient. An element's bits are those of matmul(x, w) with zeros in their
// place, for finite x. Errors: out_of_range for a reach below 0 or above `inputs`.
Value masked_matmul(Value x, Value w, const std::vector<int64_t>& reach);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MASKED_MATMUL_OP_H_
