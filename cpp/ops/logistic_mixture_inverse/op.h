#ifndef CASTALIA_CPP_OPS_LOGISTIC_MIXTURE_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_LOGISTIC_MIXTURE_INVERSE_OP_H_

#include "cpp/graph/operator.h"

namespace castalia {

// The x that logistic_mixture maps to the argument, and the logarithm of dx/dy.
// It is found by a search, to the rounding of float64 (cpp/runtime/cpu/monotone.h), and has no
// gradient of its own: Transformer::inverse gives it that of the implicit function.
const Operator& logistic_mixture_inverse_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGISTIC_MIXTURE_INVERSE_OP_H_
