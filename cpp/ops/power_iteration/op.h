#ifndef CASTALIA_CPP_OPS_POWER_ITERATION_OP_H_
#define CASTALIA_CPP_OPS_POWER_ITERATION_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& power_iteration_operator();

// Steps of the power method towards the largest singular value of w (n, m) from u (n):
//   v = w^T u / |w^T u|,  u = w v / |w v|,
// `iterations` times; both are 0 where w^T u is. They have no gradient: spectral normalisation
// takes them as constants.
struct SingularVectors {
  Value u;  // (n)
  Value v;  // (m)
};
SingularVectors power_iteration(Value w, Value u, int64_t iterations = 1);

// The estimate u^T w v of the largest singular value of w (arXiv:1802.05957), of shape [], and the
// u from which the next call goes on. Differentiable with respect to w.
struct SpectralNorm {
  Value sigma;
  Value u;
};
SpectralNorm spectral_norm(Value w, Value u, int64_t iterations = 1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POWER_ITERATION_OP_H_
