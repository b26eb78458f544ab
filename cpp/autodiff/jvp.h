// Forward-mode differentiation as a graph-to-graph transform, and what is made of both modes.
#ifndef CASTALIA_CPP_AUTODIFF_JVP_H_
#define CASTALIA_CPP_AUTODIFF_JVP_H_

#include <span>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The Jacobian-vector product: how the outputs change when the inputs move along the tangents (one
// of its type for each input). Outputs are functions of the inputs alone: what an input was
// computed from does not move. Has the types of the outputs; zeros where an output does not depend
// on any input, and for whole numbers. Costs about two to three times the outputs, for any number
// of them, and can be differentiated again.
std::vector<Value> jvp(std::span<const Value> outputs, std::span<const Value> inputs,
                       std::span<const Value> tangents);

// The dense Jacobian (elements of the output, elements of the input), row-major in both. It takes
// as many products as the smaller side has elements: for tests and for small functions.
Value jacobian(Value output, Value input);

// The Jacobians of the rows, (rows, columns of the output, columns of the input), of an output
// (rows, columns) each row of which depends on the same row of the input (rows, columns) alone.
Value row_jacobian(Value output, Value input);

// The Hessian of the sum of `of`'s elements times the vectors, one of its type for each input:
// forward mode over the gradient.
std::vector<Value> hessian_vector_product(Value of, std::span<const Value> inputs,
                                          std::span<const Value> vectors);

// The operator of forward mode through a composite one: its inputs are the composite's inputs and
// then the tangents of those that move, its outputs the tangents of the outputs. It is composite
// itself, as gradient_operator() is. Its name is "tangent(NAME)".
const Operator& tangent_operator(const Operator& composite);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_JVP_H_
