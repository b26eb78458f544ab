#ifndef CASTALIA_CPP_OPS_SELU_OP_H_
#define CASTALIA_CPP_OPS_SELU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& selu_operator();

// The self-normalising unit, 1.0507 elu(x, 1.6733). arXiv:1706.02515.
Value selu(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SELU_OP_H_
