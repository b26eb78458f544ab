#ifndef CASTALIA_CPP_OPS_RMS_NORM_OP_H_
#define CASTALIA_CPP_OPS_RMS_NORM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& rms_norm_operator();

// Root-mean-square normalisation (arXiv:1910.07467) over the last axis:
// x / sqrt(mean of x^2 + epsilon) * scale, scale of the last axis' extent, or null for 1.
Value rms_norm(Value x, Value scale = {}, double epsilon = 1e-6);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RMS_NORM_OP_H_
