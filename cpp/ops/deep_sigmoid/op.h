#ifndef CASTALIA_CPP_OPS_DEEP_SIGMOID_OP_H_
#define CASTALIA_CPP_OPS_DEEP_SIGMOID_OP_H_

#include <cstdint>

#include "cpp/graph/operator.h"
#include "cpp/ops/sigmoid_mixture.h"

namespace castalia {

// The deep sigmoidal map (arXiv:1804.00779),
//   y = (1 - m) logit(sum_k w_k sigmoid(a_k x + b_k)) + m x,
// with m the floor min_derivative, which keeps the inverse well conditioned where the mixture is
// flat. Parameters: the logits of the weights w, of which softmax makes fractions, the offsets b,
// and raw slopes, of which softplus makes the slopes a, m at least and 1 for zero. A monotone map
// of one number (monotone_parts.h). With zeros the offsets are spread over [-1/2, 1/2], so that the
// members can learn different things: with 8 members the identity to within 0.06 on [-4, 4].
const Operator& deep_sigmoid_operator();

int64_t deep_sigmoid_parameters(const SigmoidMixtureOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_DEEP_SIGMOID_OP_H_
