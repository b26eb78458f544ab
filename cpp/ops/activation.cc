#include "cpp/ops/activation.h"

#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

const std::vector<Activation>& activations() {
  static const std::vector<Activation> table = {
      {"relu", [](Value x) { return relu(x); }, "relu"},
      {"leaky_relu", [](Value x) { return leaky_relu(x, 0.01); }, "leaky_relu", 0.01},
      {"elu", [](Value x) { return elu(x, 1.0); }, "elu", 1.0},
      {"silu", [](Value x) { return silu(x); }, "silu"},
      {"gelu", [](Value x) { return gelu(x); }, "gelu"},
      {"softplus", [](Value x) { return softplus(x); }, "softplus"},
      {"tanh", [](Value x) { return tanh(x); }, "tanh"},
      {"sigmoid", [](Value x) { return sigmoid(x); }, "sigmoid"},
  };
  return table;
}

}  // namespace

std::span<const std::string> activation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Activation& each : activations()) list.push_back(each.name);
    return list;
  }();
  return names;
}

const Activation& find_activation(const std::string& name) {
  for (const Activation& each : activations()) {
    if (each.name == name) return each;
  }
  fail(Code::not_found, "unknown activation '", name, "'", suggestion(name, activation_names()));
}

Value activation(const std::string& name, Value x) { return find_activation(name).apply(x); }

}  // namespace castalia
