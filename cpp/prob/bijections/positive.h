// Numbers above a floor, from numbers without constraint.
#ifndef CASTALIA_CPP_PROB_BIJECTIONS_POSITIVE_H_
#define CASTALIA_CPP_PROB_BIJECTIONS_POSITIVE_H_

#include "cpp/graph/graph.h"

namespace castalia {

// What a constraint keeps away from zero: the least derivative of a constrained map.
inline constexpr double kLeastDerivative = 0.01;

// Above kLeastDerivative and increasing; 1 at 0, about 1 + x for large x.
Value positive(Value x);

// Between kLeastDerivative - 1 and 1 - kLeastDerivative: products of two stay above -1, too.
Value below_one(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTIONS_POSITIVE_H_
