#ifndef CASTALIA_CPP_OPS_INSTANCE_NORM_OP_H_
#define CASTALIA_CPP_OPS_INSTANCE_NORM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& instance_norm_operator();

// Instance normalisation (arXiv:1607.08022) of x (rows, space..., channels): group_norm with one
// channel a group, mean and variance over space alone.
Value instance_norm(Value x, Value scale = {}, Value bias = {}, double epsilon = 1e-5);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INSTANCE_NORM_OP_H_
