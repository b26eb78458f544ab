// Reverse-mode differentiation as a graph-to-graph transform.
#ifndef CASTALIA_CPP_AUTODIFF_GRADIENT_H_
#define CASTALIA_CPP_AUTODIFF_GRADIENT_H_

#include <span>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// The gradient of the sum of `of`'s elements with respect to each value, added to the same graph;
// zeros where `of` does not depend on it. The results can be differentiated again.
std::vector<Value> gradient(Value of, std::span<const Value> with_respect_to);

// As above with the cotangent of `of` given (the same type): a vector-Jacobian product.
std::vector<Value> gradient(Value of, Value cotangent, std::span<const Value> with_respect_to);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_GRADIENT_H_
