// Reverse-mode differentiation as a graph-to-graph transform.
#ifndef CASTALIA_CPP_AUTODIFF_GRADIENT_H_
#define CASTALIA_CPP_AUTODIFF_GRADIENT_H_

#include <span>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of the sum of `of`'s elements with respect to each value, added to the same graph;
// zeros where `of` does not depend on it. The results can be differentiated again.
std::vector<Value> gradient(Value of, std::span<const Value> with_respect_to);

// As above with the cotangent of `of` given (the same type): a vector-Jacobian product.
std::vector<Value> gradient(Value of, Value cotangent, std::span<const Value> with_respect_to);

// The vector-Jacobian product of several results, as functions of the inputs alone: nothing flows
// past an input to what it was computed from. One cotangent of its type for each result; zeros for
// inputs on which nothing depends.
std::vector<Value> vjp(std::span<const Value> outputs, std::span<const Value> cotangents,
                       std::span<const Value> inputs);

// The operator of the gradient of a composite one: its inputs are the composite's inputs and then
// the gradients of its outputs, its outputs the gradients of the inputs. It is composite itself
// (the differentiated definition), so it can be differentiated again, and a kernel may fuse it. Its
// name is "gradient(NAME)". It lives as long as the program; any thread may ask for it.
const Operator& gradient_operator(const Operator& composite);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_GRADIENT_H_
