// Activation functions by name.
#ifndef CASTALIA_CPP_OPS_ACTIVATION_H_
#define CASTALIA_CPP_OPS_ACTIVATION_H_

#include <optional>
#include <span>
#include <string>

#include "cpp/graph/graph.h"

namespace castalia {

struct Activation {
  std::string name;
  Value (*apply)(Value);
  // The vector operation (cpp/runtime/cpu/elementwise.h) and, where it takes one, its constant
  // second operand.
  std::string operation;
  std::optional<double> constant = {};
};

// The names that find_activation() knows: relu, leaky_relu, elu, silu, gelu, softplus, tanh,
// sigmoid.
std::span<const std::string> activation_names();

// By name; an Error (not_found) with the nearest name otherwise.
const Activation& find_activation(const std::string& name);

// Applies it.
Value activation(const std::string& name, Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ACTIVATION_H_
