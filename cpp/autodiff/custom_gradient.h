// Gradients that the user knows better than the rules do.
#ifndef CASTALIA_CPP_AUTODIFF_CUSTOM_GRADIENT_H_
#define CASTALIA_CPP_AUTODIFF_CUSTOM_GRADIENT_H_

#include <functional>
#include <span>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// Gives what `value` gives for the inputs, with the gradient that the second function traces: it
// takes the inputs, the results and a cotangent for each result, and returns one gradient for each
// input, of its type, or null where nothing flows. It must be linear in the cotangents; then
// forward mode follows from it, and it is itself differentiated for second order. Nothing flows to
// what `value` uses besides the inputs. Both functions are called once, at once.
using ValueFunction = std::function<std::vector<Value>(std::span<const Value> inputs)>;
using GradientFunction =
    std::function<std::vector<Value>(std::span<const Value> inputs, std::span<const Value> results,
                                     std::span<const Value> cotangents)>;
std::vector<Value> custom_gradient(std::span<const Value> inputs, const ValueFunction& value,
                                   const GradientFunction& gradient);

// x with the gradient of the function x(parameters) that solves residual(x) = 0, by the theorem of
// implicit functions: however x was found (bisection, Newton's method, on the host or in the
// graph), nothing flows through the search. The residual, of x's type, uses the parameters that are
// listed; nothing flows to others. x must solve it well: an error of x is an error of the gradient.
//
// `solve` returns the w that solves J' w = cotangent, J being the derivative of the residual with
// respect to x. By default J is diagonal: each element of the residual depends on the same
// element of x, as with the inverse of an element-wise bijection. Where J is zero the gradient is
// infinite.
using TransposedSolve = std::function<Value(Value residual, Value x, Value cotangent)>;
Value solve_diagonal(Value residual, Value x, Value cotangent);
Value implicit_root(Value x, std::span<const Value> parameters,
                    const std::function<Value(Value x)>& residual,
                    const TransposedSolve& solve = solve_diagonal);

// The same for x = map(x), a contraction with factor L < 1: so many terms of the geometric series
// of vector-Jacobian products leave a relative error of L^terms.
Value implicit_fixed_point(Value x, std::span<const Value> parameters,
                           const std::function<Value(Value x)>& map, int terms);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_CUSTOM_GRADIENT_H_
