// Roots that have no formula.
#ifndef CASTALIA_CPP_PROB_BIJECTIONS_MONOTONE_ROOT_H_
#define CASTALIA_CPP_PROB_BIJECTIONS_MONOTONE_ROOT_H_

#include "cpp/graph/graph.h"

namespace castalia {

// The t with t + slope tanh(t) = value, element by element, for slopes from -0.99 to 10^6, which
// may be broadcast to the values' shape. Both have one type. The gradient is that of the implicit
// function.
Value tanh_root(Value value, Value slope);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTIONS_MONOTONE_ROOT_H_
