#include "cpp/runtime/cpu/small_matrix.h"

#include <algorithm>
#include <cmath>

namespace castalia::cpu {

int factorize_lu(int64_t n, double* a, int64_t* rows) {
  int sign = 1;
  for (int64_t i = 0; i < n; ++i) rows[i] = i;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i) {
      // Not >: a NaN is chosen, and spreads.
      if (!(std::abs(a[i * n + k]) <= std::abs(a[pivot * n + k]))) pivot = i;
    }
    if (a[pivot * n + k] == 0) return 0;
    if (pivot != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + pivot * n);
      std::swap(rows[k], rows[pivot]);
      sign = -sign;
    }
    for (int64_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      a[i * n + k] = factor;
      for (int64_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return sign;
}

bool factorize_cholesky(int64_t n, double* a) {
  for (int64_t i = 0; i < n; ++i) {
    double* const row = a + i * n;
    for (int64_t j = 0; j < i; ++j) {
      const double* const other = a + j * n;
      double rest = row[j];
      for (int64_t k = 0; k < j; ++k) rest -= row[k] * other[k];
      row[j] = rest / other[j];
    }
    double rest = row[i];
    for (int64_t k = 0; k < i; ++k) rest -= row[k] * row[k];
    if (!(rest > 0)) return false;
    row[i] = std::sqrt(rest);
    std::fill(row + i + 1, row + n, 0.0);
  }
  return true;
}

void solve_triangular(int64_t n, int64_t columns, const double* a, const Triangle& triangle,
                      double* b) {
  const bool forward = triangle.lower != triangle.transpose;
  for (int64_t step = 0; step < n; ++step) {
    const int64_t i = forward ? step : n - 1 - step;
    double* const row = b + i * columns;
    if (!triangle.unit_diagonal) {
      for (int64_t c = 0; c < columns; ++c) row[c] /= a[i * n + i];
    }
    // What is solved goes out of the rows that are not.
    const int64_t begin = forward ? i + 1 : 0;
    const int64_t end = forward ? n : i;
    for (int64_t j = begin; j < end; ++j) {
      const double factor = triangle.transpose ? a[i * n + j] : a[j * n + i];
      for (int64_t c = 0; c < columns; ++c) b[j * columns + c] -= factor * row[c];
    }
  }
}

}  // namespace castalia::cpu
