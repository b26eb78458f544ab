// What element-wise operators share. One scalar function is the operator's definition, its
// reference and its constant folding.
#ifndef CASTALIA_CPP_OPS_ELEMENTWISE_H_
#define CASTALIA_CPP_OPS_ELEMENTWISE_H_

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

using Values = std::vector<Value>;
using GradientRule = std::function<Values(const GradientRequest&)>;

// An operator on operands of one floating type that broadcast by NumPy's rule. The tile operation
// is the name that cpp/runtime/cpu/elementwise.h knows it by.
Operator make_elementwise(const std::string& name, const std::string& tile_operation, int operands,
                          std::function<double(const double*)> scalar, GradientRule gradient);

// The scalar function takes one to three doubles.
template <typename Function>
Operator make_elementwise(const std::string& name, const std::string& tile_operation, Function f,
                          GradientRule gradient) {
  if constexpr (std::is_invocable_v<Function, double>) {
    return make_elementwise(
        name, tile_operation, 1, [f](const double* x) { return f(x[0]); }, std::move(gradient));
  } else if constexpr (std::is_invocable_v<Function, double, double>) {
    return make_elementwise(
        name, tile_operation, 2, [f](const double* x) { return f(x[0], x[1]); },
        std::move(gradient));
  } else {
    return make_elementwise(
        name, tile_operation, 3, [f](const double* x) { return f(x[0], x[1], x[2]); },
        std::move(gradient));
  }
}

// The derivative is zero wherever it exists: nothing flows to any operand.
template <typename Function>
Operator make_piecewise_constant(const std::string& name, const std::string& tile_operation,
                                 Function f) {
  Operator op = make_elementwise(name, tile_operation, f, nullptr);
  op.no_gradient = "it is constant between its jumps";
  return op;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ELEMENTWISE_H_
