#ifndef CASTALIA_CPP_OPS_BATCH_NORM_INFERENCE_OP_H_
#define CASTALIA_CPP_OPS_BATCH_NORM_INFERENCE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& batch_norm_inference_operator();

// batch_norm with given statistics: (x - mean) / sqrt(variance + epsilon) * scale + bias of x
// (rows, ..., channels), all others (channels).
Value batch_norm_inference(Value x, Value scale, Value bias, Value mean, Value variance,
                           double epsilon = 1e-5);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_BATCH_NORM_INFERENCE_OP_H_
