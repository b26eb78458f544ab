#include "cpp/ops/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace castalia {

// Row after row the cheapest way to take one more in, which may move those before: a shortest path
// by Bellman and Ford, from the row to a free column, along columns that are given up.
std::vector<Tensor> assignment_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& cost = inputs[0];
  const int64_t n = cost.shape[1];
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Tensor out(Shape{cost.shape[0], n});
  for (int64_t problem = 0; problem < cost.shape[0]; ++problem) {
    const auto price = [&](int64_t row, int64_t column) {
      const double value = cost[(problem * n + row) * n + column];
      return std::isfinite(value) ? value : 1e30;
    };
    std::vector<int64_t> column_of(static_cast<size_t>(n), -1);
    std::vector<int64_t> row_of(static_cast<size_t>(n), -1);
    for (int64_t start = 0; start < n; ++start) {
      std::vector<double> length(static_cast<size_t>(n), kInfinity);
      std::vector<int64_t> from(static_cast<size_t>(n), start);  // the row before a column
      for (int64_t column = 0; column < n; ++column) {
        length[static_cast<size_t>(column)] = price(start, column);
      }
      for (int64_t round = 0; round < n; ++round) {
        for (int64_t given_up = 0; given_up < n; ++given_up) {
          const int64_t row = row_of[static_cast<size_t>(given_up)];
          if (row < 0) continue;
          const double there = length[static_cast<size_t>(given_up)] - price(row, given_up);
          for (int64_t column = 0; column < n; ++column) {
            const double through = there + price(row, column);
            double& known = length[static_cast<size_t>(column)];
            if (through >= known - 1e-12 * std::abs(known)) continue;
            known = through;
            from[static_cast<size_t>(column)] = row;
          }
        }
      }
      int64_t end = -1;
      for (int64_t column = 0; column < n; ++column) {
        if (row_of[static_cast<size_t>(column)] >= 0) continue;
        if (end < 0 || length[static_cast<size_t>(column)] < length[static_cast<size_t>(end)]) {
          end = column;
        }
      }
      while (true) {
        const int64_t row = from[static_cast<size_t>(end)];
        const int64_t before = column_of[static_cast<size_t>(row)];
        column_of[static_cast<size_t>(row)] = end;
        row_of[static_cast<size_t>(end)] = row;
        if (row == start) break;
        end = before;
      }
    }
    for (int64_t row = 0; row < n; ++row) {
      out[problem * n + row] = static_cast<double>(column_of[static_cast<size_t>(row)]);
    }
  }
  return {out};
}

}  // namespace castalia
