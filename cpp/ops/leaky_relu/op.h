#ifndef CASTALIA_CPP_OPS_LEAKY_RELU_OP_H_
#define CASTALIA_CPP_OPS_LEAKY_RELU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& leaky_relu_operator();

// x where it is positive, slope * x elsewhere. The derivative at 0 is the slope. The slope may be a
// Value that is learnt (it broadcasts): the parametric ReLU, arXiv:1502.01852.
Value leaky_relu(Value x, double slope = 0.01);
Value leaky_relu(Value x, Value slope);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LEAKY_RELU_OP_H_
