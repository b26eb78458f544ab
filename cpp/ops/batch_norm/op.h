#ifndef CASTALIA_CPP_OPS_BATCH_NORM_OP_H_
#define CASTALIA_CPP_OPS_BATCH_NORM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& batch_norm_operator();

// Batch normalisation (arXiv:1502.03167) of x (rows, ..., channels) in training: mean and variance
// of every channel over all rows and space,
//   y = (x - mean) / sqrt(variance + epsilon) * scale + bias,
// with scale and bias (channels). The statistics (channels), the variance without Bessel's
// correction, come out for the running averages that batch_norm_inference takes. They accumulate in
// float64 over fixed tiles of rows, which are added in their order.
struct BatchNorm {
  Value y;
  Value mean;
  Value variance;
};
BatchNorm batch_norm(Value x, Value scale, Value bias, double epsilon = 1e-5);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_BATCH_NORM_OP_H_
