#include <algorithm>
#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/perceptron_cuda.h"

namespace castalia {
namespace {

// A few rows. One whose series has ended waits for the others.
template <typename T, int kRows>
struct NeumannSeriesRows {
  PerceptronOnDevice matrix;  // as the product of its weights and slopes
  int64_t rows, n, sure;
  double proceed;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const cuda::Block& group,
                                    int64_t index, double* work) const {
    const int64_t stride = matrix.widest;
    double* const y = work;
    double* const powers = work + kRows * stride;  // and two pieces of memory more
    const T* const v = operands.in<T>(0);
    // Beyond the last row this row is computed once more.
    int64_t row[kRows];
    int64_t terms[kRows];
    int64_t most = 0;
    double sum[kRows] = {};
    double share[kRows];  // 1 / p(k), with the sign of the term in y
    for (int r = 0; r < kRows; ++r) {
      row[r] = index * kRows + r < rows ? index * kRows + r : rows - 1;
      const auto u = static_cast<double>(operands.in<T>(1)[row[r]]);
      terms[r] = sure + static_cast<int64_t>(std::floor(std::log(u) / std::log(proceed)));
      most = terms[r] > most ? terms[r] : most;
      share[r] = 1;
      group.each(n, [&](int64_t i) {
        y[r * stride + i] = powers[r * stride + i] = static_cast<double>(v[row[r] * n + i]);
      });
    }
    group.sync();
    for (int64_t k = 1; k <= most; ++k) {
      multiply(operands, group, row, powers);
      for (int r = 0; r < kRows; ++r) {
        if (k > terms[r]) continue;
        share[r] /= k > sure ? -proceed : -1.0;
        double product = 0;
        group.each(n, [&](int64_t i) {
          const double power = powers[r * stride + i];
          product = std::fma(power, static_cast<double>(v[row[r] * n + i]), product);
          y[r * stride + i] += share[r] * power;
        });
        product = group.reduce(product, [](double a, double b) { return a + b; });
        sum[r] -= share[r] / static_cast<double>(k) * product;
      }
      group.sync();
    }
    for (int r = 0; r < kRows; ++r) {
      if (index * kRows + r >= rows) continue;
      if (group.thread() == 0) operands.out<double>(0)[row[r]] = sum[r];
      group.each(n, [&](int64_t i) {
        operands.out<T>(1)[row[r] * n + i] = static_cast<T>(y[r * stride + i]);
      });
    }
  }

 private:
  // Each row of powers times its matrix.
  CASTALIA_ANYWHERE void multiply(const cuda::Operands& operands, const cuda::Block& group,
                                  const int64_t (&row)[kRows], double* powers) const {
    const int64_t piece = kRows * matrix.widest;
    const double* a = powers;
    for (int layer = 0; layer < matrix.layers; ++layer) {
      const bool last = layer + 1 == matrix.layers;
      const int64_t outputs = matrix.outputs[layer];
      const T* const slopes = last ? nullptr : operands.in<T>(3 + 2 * layer);
      double* const next = powers + (1 + layer % 2) * piece;
      multiply_rows<kRows>(
          group, operands.in<T>(2 + 2 * layer), matrix.inputs[layer], outputs, a, next,
          matrix.widest, [](int, int64_t) { return 0.0; },
          [&](int r, int64_t j, double sum) {
            return last ? sum : sum * static_cast<double>(slopes[row[r] * outputs + j]);
          });
      a = next;
    }
    for (int r = 0; r < kRows; ++r) {
      group.each(n, [&](int64_t i) { powers[r * matrix.widest + i] = a[r * matrix.widest + i]; });
    }
    group.sync();
  }
};

template <typename T>
std::unique_ptr<Kernel> make_neumann_series_rows(const KernelRequest& request) {
  auto kernel = cuda::kernel_for("neumann_series", request);
  const PerceptronOnDevice matrix(request, 2);
  const int64_t rows = request.inputs[0].shape[0];
  add_perceptron_tasks(*kernel, matrix, rows, 4, [&]<int Rows>() {
    return NeumannSeriesRows<T, Rows>{.matrix = matrix,
                                      .rows = rows,
                                      .n = request.inputs[0].shape[1],
                                      .sure = request.attributes.integer("sure"),
                                      .proceed = request.attributes.real("proceed")};
  });
  return kernel;
}

std::unique_ptr<Kernel> make_neumann_series_on_device(const KernelRequest& request, std::string*) {
  return cuda::with_floating(request.inputs[0].dtype,
                             [&]<typename T>() { return make_neumann_series_rows<T>(request); });
}

}  // namespace

void neumann_series_cuda_kernels(KernelTable& table) {
  table.add("neumann_series", {"cuda", make_neumann_series_on_device});
}

}  // namespace castalia
