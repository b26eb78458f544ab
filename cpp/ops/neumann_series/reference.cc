#include <algorithm>
#include <cmath>

#include "cpp/ops/reference.h"

namespace castalia {
namespace {

// M of a row, (n, n), multiplied out.
std::vector<double> neumann_series_matrix(std::span<const Tensor> inputs, int64_t row) {
  const int64_t n = inputs[0].shape[1];
  int64_t width = n;
  std::vector<double> product(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) product[static_cast<size_t>(i * n + i)] = 1;
  for (size_t layer = 2; layer < inputs.size(); layer += 2) {
    const Tensor& weight = inputs[layer];
    const int64_t outputs = weight.shape[1];
    std::vector<double> next(static_cast<size_t>(n * outputs));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < outputs; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < width; ++k) {
          sum += product[static_cast<size_t>(i * width + k)] * weight[k * outputs + j];
        }
        if (layer + 1 < inputs.size()) sum *= inputs[layer + 1][row * outputs + j];
        next[static_cast<size_t>(i * outputs + j)] = sum;
      }
    }
    product = next;
    width = outputs;
  }
  return product;
}

}  // namespace

std::vector<Tensor> neumann_series_reference(const Attributes& attributes,
                                             std::span<const Tensor> inputs) {
  const Tensor& v = inputs[0];
  const int64_t rows = v.shape[0];
  const int64_t n = v.shape[1];
  const int64_t sure = attributes.integer("sure");
  const double proceed = attributes.real("proceed");
  Tensor value(Shape{rows, 1});
  Tensor y = v;
  for (int64_t row = 0; row < rows; ++row) {
    const std::vector<double> matrix = neumann_series_matrix(inputs, row);
    const auto terms =
        sure + static_cast<int64_t>(std::floor(std::log(inputs[1][row]) / std::log(proceed)));
    std::vector<double> power(v.data.begin() + row * n, v.data.begin() + (row + 1) * n);
    double sum = 0;
    for (int64_t k = 1; k <= terms; ++k) {
      std::vector<double> next(static_cast<size_t>(n));
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          next[static_cast<size_t>(j)] +=
              power[static_cast<size_t>(i)] * matrix[static_cast<size_t>(i * n + j)];
        }
      }
      power = next;
      const double sign = k % 2 == 0 ? 1 : -1;
      const double chance = std::pow(proceed, static_cast<double>(std::max<int64_t>(0, k - sure)));
      for (int64_t i = 0; i < n; ++i) {
        sum -= sign / (static_cast<double>(k) * chance) * power[static_cast<size_t>(i)] *
               v[row * n + i];
        y[row * n + i] += sign / chance * power[static_cast<size_t>(i)];
      }
    }
    value[row] = sum;
  }
  return {value, y};
}

}  // namespace castalia
