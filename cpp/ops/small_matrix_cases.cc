#include "cpp/ops/small_matrix_cases.h"

#include <cmath>
#include <utility>

namespace castalia {

CaseOperand regular_matrices(const Shape& shape) {
  const int64_t n = shape.back();
  std::vector<double> values;
  for (int64_t i = 0; i < shape.count(); ++i) {
    const bool diagonal = i % n == i / n % n;
    // Off the diagonal the sums of magnitudes stay below 1.
    const double wave = std::sin(1.7 * static_cast<double>(i) + 0.3);
    values.push_back(diagonal ? 1.6 + 0.4 * wave : wave / static_cast<double>(n));
  }
  return {.shape = shape, .values = values};
}

CaseOperand not_differentiated(const Shape& shape, std::vector<double> values) {
  return {.shape = shape, .domain = {.integral = true}, .values = std::move(values)};
}

std::vector<Shape> matrix_shapes() {
  return {{1, 1}, {3, 3}, {5, 2, 2}, {2, 3, 4, 4}, {9, 9}, {0, 3, 3}, {2, 0, 0}, {70, 3, 3}};
}

}  // namespace castalia
