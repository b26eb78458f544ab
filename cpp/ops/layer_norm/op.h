#ifndef CASTALIA_CPP_OPS_LAYER_NORM_OP_H_
#define CASTALIA_CPP_OPS_LAYER_NORM_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& layer_norm_operator();

// Layer normalisation (arXiv:1607.06450): (x - mean) / sqrt(variance + epsilon) * scale + bias,
// mean and variance over the last `axes` axes, whose extents are the shape of scale and bias.
// Either may be null (1 and 0), but there is no bias without a scale.
Value layer_norm(Value x, Value scale = {}, Value bias = {}, double epsilon = 1e-5,
                 int64_t axes = 1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LAYER_NORM_OP_H_
