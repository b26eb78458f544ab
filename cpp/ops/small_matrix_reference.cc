#include "cpp/ops/small_matrix_reference.h"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace castalia {

double expand_determinant(const double* a, int64_t n) {
  // minors[set] is the determinant of the first rows with the columns of the set.
  std::vector<double> minors(size_t{1} << n, 0.0);
  minors[0] = 1;
  for (size_t set = 1; set < minors.size(); ++set) {
    const int row = std::popcount(set) - 1;
    for (int64_t column = 0; column < n; ++column) {
      const size_t bit = size_t{1} << column;
      if ((set & bit) == 0) continue;
      const int behind = std::popcount(set & ~(bit | (bit - 1)));
      minors[set] += (behind % 2 == 0 ? 1 : -1) * a[row * n + column] * minors[set ^ bit];
    }
  }
  return minors.back();
}

std::vector<double> eliminate(const double* a, int64_t n, const double* b, int64_t columns) {
  std::vector<double> left(a, a + n * n);
  std::vector<double> right(b, b + n * columns);
  std::vector<bool> row_used(static_cast<size_t>(n));
  std::vector<bool> column_used(static_cast<size_t>(n));
  std::vector<int64_t> row_of(static_cast<size_t>(n));
  const auto at = [&](int64_t i, int64_t j) -> double& {
    return left[static_cast<size_t>(i * n + j)];
  };
  for (int64_t step = 0; step < n; ++step) {
    int64_t p = 0;
    int64_t q = 0;
    double largest = 0;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        if (row_used[static_cast<size_t>(i)] || column_used[static_cast<size_t>(j)]) continue;
        if (std::abs(at(i, j)) <= largest) continue;
        largest = std::abs(at(i, j));
        p = i;
        q = j;
      }
    }
    if (largest == 0) {
      return std::vector<double>(right.size(), std::numeric_limits<double>::quiet_NaN());
    }
    row_used[static_cast<size_t>(p)] = column_used[static_cast<size_t>(q)] = true;
    row_of[static_cast<size_t>(q)] = p;
    const double inverse = 1 / at(p, q);
    for (int64_t j = 0; j < n; ++j) at(p, j) *= inverse;
    for (int64_t c = 0; c < columns; ++c) right[static_cast<size_t>(p * columns + c)] *= inverse;
    for (int64_t i = 0; i < n; ++i) {
      if (i == p) continue;
      const double factor = at(i, q);
      for (int64_t j = 0; j < n; ++j) at(i, j) -= factor * at(p, j);
      for (int64_t c = 0; c < columns; ++c) {
        right[static_cast<size_t>(i * columns + c)] -=
            factor * right[static_cast<size_t>(p * columns + c)];
      }
    }
  }
  std::vector<double> x;
  for (int64_t i = 0; i < n; ++i) {
    const auto row = right.begin() + row_of[static_cast<size_t>(i)] * columns;
    x.insert(x.end(), row, row + columns);
  }
  return x;
}

}  // namespace castalia
