// Many small matrices on a device, each factorized in double by a thread, a warp or a block.
//
// The algorithms are written for a group of threads: cuda::Block or LoneThread. All threads of the
// group call them together, and what they wrote may be read afterwards. They are those of
// cpp/runtime/cpu/small_matrix.h, in the same order.
#ifndef CASTALIA_CPP_OPS_SMALL_MATRIX_CUDA_H_
#define CASTALIA_CPP_OPS_SMALL_MATRIX_CUDA_H_

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "cpp/ops/group_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// A group of one.
struct LoneThread {
  CASTALIA_ANYWHERE int thread() const { return 0; }
  CASTALIA_ANYWHERE int threads() const { return 1; }
  CASTALIA_ANYWHERE void sync() const {}
  template <typename F>
  CASTALIA_ANYWHERE void each(int64_t count, F f) const {
    for (int64_t i = 0; i < count; ++i) f(i);
  }
};

template <typename Group, typename T>
CASTALIA_ANYWHERE void read_matrix(const Group& group, int64_t elements, const T* from,
                                   double* to) {
  group.each(elements, [&](int64_t i) { to[i] = static_cast<double>(from[i]); });
  group.sync();
}

template <typename Group, typename T>
CASTALIA_ANYWHERE void write_matrix(const Group& group, int64_t elements, const double* from,
                                    T* to) {
  group.each(elements, [&](int64_t i) { to[i] = static_cast<T>(from[i]); });
}

template <typename Group, typename T>
CASTALIA_ANYWHERE void write_nan(const Group& group, int64_t elements, T* to) {
  group.each(elements, [&](int64_t i) { to[i] = static_cast<T>(std::nan("")); });
}

// P A = L U by Gaussian elimination with row pivoting, in place, and P applied to x (n, columns) as
// well. Returns the sign of the permutation, or 0 when a column has no element to divide by. A NaN
// in A gives NaN.
template <typename Group>
CASTALIA_ANYWHERE int factorize_lu_by(const Group& group, int64_t n, double* a, int64_t columns,
                                      double* x) {
  int sign = 1;
  for (int64_t k = 0; k < n; ++k) {
    // Every thread looks for itself.
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i) {
      // Not >: a NaN is chosen, and spreads.
      if (!(std::abs(a[i * n + k]) <= std::abs(a[pivot * n + k]))) pivot = i;
    }
    const double divisor = a[pivot * n + k];
    if (divisor == 0) return 0;
    group.sync();
    if (pivot != k) {
      group.each(n + columns, [&](int64_t j) {
        double* const upper = j < n ? a + k * n + j : x + k * columns + j - n;
        double* const lower = j < n ? a + pivot * n + j : x + pivot * columns + j - n;
        const double kept = *upper;
        *upper = *lower;
        *lower = kept;
      });
      sign = -sign;
      group.sync();
    }
    const int64_t rest = n - k - 1;
    group.each(rest, [&](int64_t i) { a[(k + 1 + i) * n + k] /= divisor; });
    group.sync();
    each_pair(group, rest, rest, [&](int64_t row, int64_t column) {
      const int64_t i = k + 1 + row;
      const int64_t j = k + 1 + column;
      a[i * n + j] -= a[i * n + k] * a[k * n + j];
    });
    group.sync();
  }
  return sign;
}

// A = L L^T from the lower triangle of A, which L replaces; the upper triangle becomes 0. False
// when A is not positive definite, or holds a NaN.
template <typename Group>
CASTALIA_ANYWHERE bool factorize_cholesky_by(const Group& group, int64_t n, double* a) {
  for (int64_t k = 0; k < n; ++k) {
    const double square = a[k * n + k];
    if (!(square > 0)) return false;
    group.sync();
    const double root = std::sqrt(square);
    group.each(n, [&](int64_t i) {
      double& element = a[i * n + k];
      element = i < k ? 0 : i == k ? root : element / root;
    });
    group.sync();
    const int64_t rest = n - k - 1;
    each_pair(group, rest, rest, [&](int64_t row, int64_t column) {
      const int64_t i = k + 1 + row;
      const int64_t j = k + 1 + column;
      if (j <= i) a[i * n + j] -= a[i * n + k] * a[j * n + k];
    });
    group.sync();
  }
  return true;
}

struct TriangleOnDevice {
  bool lower = true;
  bool transpose = false;      // solve with the transpose of the triangle
  bool unit_diagonal = false;  // the diagonal is 1 and not read
};

// b, (n, columns), becomes the x of T x = b. Elements outside the triangle are not read. Division
// by a zero on the diagonal gives infinities and NaN.
template <typename Group>
CASTALIA_ANYWHERE void solve_triangular_by(const Group& group, int64_t n, int64_t columns,
                                           const double* a, const TriangleOnDevice& triangle,
                                           double* b) {
  const bool forward = triangle.lower != triangle.transpose;
  for (int64_t step = 0; step < n; ++step) {
    const int64_t i = forward ? step : n - 1 - step;
    double* const row = b + i * columns;
    if (!triangle.unit_diagonal) {
      group.each(columns, [&](int64_t c) { row[c] /= a[i * n + i]; });
      group.sync();
    }
    // What is solved goes out of the rows that are not.
    const int64_t begin = forward ? i + 1 : 0;
    const int64_t end = forward ? n : i;
    each_pair(group, end - begin, columns, [&](int64_t other, int64_t c) {
      const int64_t j = begin + other;
      const double factor = triangle.transpose ? a[i * n + j] : a[j * n + i];
      b[j * columns + c] -= factor * row[c];
    });
    group.sync();
  }
}

// Matrices so small that a thread keeps what it works on.
inline constexpr int64_t kLoneDoubles = 32;

template <typename Task>
struct LoneMatrix {
  Task task;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t matrix) const {
    double work[kLoneDoubles];
    task(operands, LoneThread(), matrix, work);
  }
};

// A kernel that calls task(operands, group, matrix, work) for every matrix, `work` being so many
// doubles, in so many operations. All axes but the last two of the first operand count matrices.
template <typename Task>
std::unique_ptr<Kernel> make_matrices_on_device(const std::string& name,
                                                const KernelRequest& request, int64_t doubles,
                                                double flops, Task task) {
  const Shape& shape = request.inputs[0].shape;
  const int64_t matrices = shape.count(0, shape.rank() - 2);
  auto kernel = cuda::kernel_for(name, request);
  kernel->set_flops(flops * static_cast<double>(matrices));
  if (doubles <= kLoneDoubles) {
    kernel->each(matrices, LoneMatrix<Task>{task});
  } else {
    add_group_tasks(*kernel, matrices, doubles, task);
  }
  return kernel;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SMALL_MATRIX_CUDA_H_
