#ifndef CASTALIA_CPP_OPS_LOGISTIC_MIXTURE_OP_H_
#define CASTALIA_CPP_OPS_LOGISTIC_MIXTURE_OP_H_

#include <cstdint>

#include "cpp/graph/operator.h"
#include "cpp/ops/sigmoid_mixture.h"

namespace castalia {

// The map of Flow++ (arXiv:1902.00275),
//   y = scale v + shift,  v = (1 - m) logit(sum_k w_k sigmoid((x - mean_k) / s_k)) + m x,
// with m the floor min_derivative, which keeps the inverse well conditioned where the mixture is
// flat. Parameters: the logits of the weights w, of which softmax makes fractions, the means, the
// raw logarithms of the scales s, then the shift and the raw logarithm of the scale. A monotone map
// of one number (monotone_parts.h). With zeros the means are spread over [-1/2, 1/2], so that the
// members can learn different things: with 8 members the identity to within 0.06 on [-4, 4].
const Operator& logistic_mixture_operator();

int64_t logistic_mixture_parameters(const SigmoidMixtureOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGISTIC_MIXTURE_OP_H_
