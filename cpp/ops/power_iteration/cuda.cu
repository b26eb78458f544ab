#include <algorithm>
#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// All steps by one block, which needs no other stage to wait for.
template <typename T>
struct PowerIterationSteps {
  static constexpr int kThreads = 1024;
  static constexpr int64_t kLanes = 32;  // that share a row of w

  int64_t n, m, iterations;
  int64_t pieces;  // of the rows, for the products with columns
  size_t vectors, partials;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    const T* const w = operands.in<T>(0);
    double* const u = operands.memory<double>(vectors);
    double* const v = u + n;
    double* const partial = operands.memory<double>(partials);
    block.each(n, [&](int64_t i) { u[i] = static_cast<double>(operands.in<T>(1)[i]); });
    block.each(m, [&](int64_t j) { v[j] = 0; });
    block.sync();
    for (int64_t step = 0; step < iterations; ++step) {
      // w^T u: neighbouring threads take neighbouring columns.
      block.each(m * pieces, [&](int64_t index) {
        const int64_t j = index % m;
        double sum = 0;
        for (int64_t i = index / m; i < n; i += pieces) {
          sum = std::fma(static_cast<double>(w[i * m + j]), u[i], sum);
        }
        partial[index] = sum;
      });
      gather(block, m, pieces, 1, m, partial, v);
      // w v: they share a row.
      block.each(n * kLanes, [&](int64_t index) {
        const T* const row = w + index / kLanes * m;
        double sum = 0;
        for (int64_t j = index % kLanes; j < m; j += kLanes) {
          sum = std::fma(static_cast<double>(row[j]), v[j], sum);
        }
        partial[index] = sum;
      });
      gather(block, n, kLanes, kLanes, 1, partial, u);
    }
    block.each(n, [&](int64_t i) { operands.out<T>(0)[i] = static_cast<T>(u[i]); });
    block.each(m, [&](int64_t j) { operands.out<T>(1)[j] = static_cast<T>(v[j]); });
  }

 private:
  // x, each element the sum of its parts, of length 1 unless it is 0.
  static CASTALIA_ANYWHERE void gather(const cuda::Block& block, int64_t count, int64_t parts,
                                       int64_t step, int64_t part_step, const double* partial,
                                       double* x) {
    block.sync();
    double squares = 0;
    block.each(count, [&](int64_t i) {
      double sum = 0;
      for (int64_t part = 0; part < parts; ++part) sum += partial[i * step + part * part_step];
      x[i] = sum;
      squares = std::fma(sum, sum, squares);
    });
    squares = block.reduce(squares, [](double a, double b) { return a + b; });
    const double inverse = squares == 0 ? 1 : 1 / std::sqrt(squares);
    block.each(count, [&](int64_t i) { x[i] *= inverse; });
    block.sync();
  }
};

std::unique_ptr<Kernel> make_power_iteration_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("power_iteration", request);
  const int64_t n = request.inputs[0].shape[0];
  const int64_t m = request.inputs[0].shape[1];
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    using Steps = PowerIterationSteps<T>;
    const int64_t pieces = std::clamp<int64_t>(Steps::kThreads / std::max<int64_t>(m, 1), 1,
                                               std::max<int64_t>(n / 4, 1));
    const int64_t partials = std::max(n * Steps::kLanes, m * pieces);
    const size_t vectors = kernel->reserve(static_cast<size_t>(n + m) * sizeof(double));
    const size_t at = kernel->reserve(static_cast<size_t>(partials) * sizeof(double));
    kernel->template blocks<Steps::kThreads>(
        1, 0, Steps{n, m, request.attributes.integer("iterations"), pieces, vectors, at});
  });
  return kernel;
}

}  // namespace

void power_iteration_cuda_kernels(KernelTable& table) {
  table.add("power_iteration", {"cuda", make_power_iteration_on_device});
}

}  // namespace castalia
