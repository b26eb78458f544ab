#ifndef CASTALIA_CPP_OPS_LOGSUMEXP_OP_H_
#define CASTALIA_CPP_OPS_LOGSUMEXP_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& logsumexp_operator();

// log of the sum of exp(x) along the last axis, which keeps an extent of 1; without overflow. -inf
// where every element is -inf.
Value logsumexp(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGSUMEXP_OP_H_
