#ifndef CASTALIA_CPP_OPS_LEAKY_RELU_OP_H_
#define CASTALIA_CPP_OPS_LEAKY_RELU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& leaky_relu_operator();

// x where it is positive, slope * x elsewhere; so is its derivative, slope at 0. The slope is
// learnt when it is a Value (it broadcasts): the parametric ReLU.
Value leaky_relu(Value x, double slope = 0.01);
Value leaky_relu(Value x, Value slope);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LEAKY_RELU_OP_H_
