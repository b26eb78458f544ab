#include <cmath>

#include "cpp/ops/reference.h"

namespace castalia {
namespace {

double contraction_inverse_activation(const std::string& name, double x) {
  if (name == "tanh") return std::tanh(x);
  if (name == "elu") return x > 0 ? x : std::expm1(x);
  return x / (1 + std::exp(-x)) / 1.1;
}

}  // namespace

// As many steps as the bound needs for more digits than a double has.
std::vector<Tensor> contraction_inverse_reference(const Attributes& attributes,
                                                  std::span<const Tensor> inputs) {
  const Tensor& y = inputs[0];
  const int64_t rows = y.shape[0];
  const int64_t n = y.shape[1];
  const auto steps =
      static_cast<int64_t>(std::log(1e-18) / std::log(attributes.real("contraction"))) + 2;
  Tensor x = y;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t step = 0; step < steps; ++step) {
      std::vector<double> a(x.data.begin() + row * n, x.data.begin() + (row + 1) * n);
      for (size_t layer = 1; layer < inputs.size(); layer += 2) {
        const Tensor& weight = inputs[layer];
        const Tensor& bias = inputs[layer + 1];
        const int64_t outputs = weight.shape[1];
        std::vector<double> next(static_cast<size_t>(outputs));
        for (int64_t j = 0; j < outputs; ++j) {
          double sum = bias[(bias.shape[0] == 1 ? 0 : row) * outputs + j];
          for (int64_t i = 0; i < weight.shape[0]; ++i) {
            sum += a[static_cast<size_t>(i)] * weight[i * outputs + j];
          }
          const bool last = layer + 2 == inputs.size();
          next[static_cast<size_t>(j)] =
              last ? sum : contraction_inverse_activation(attributes.string("activation"), sum);
        }
        a = next;
      }
      for (int64_t i = 0; i < n; ++i) x[row * n + i] = y[row * n + i] - a[static_cast<size_t>(i)];
    }
  }
  return {x};
}

}  // namespace castalia
