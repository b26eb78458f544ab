#include "cpp/ops/small_matrix_kernel.h"
#include "cpp/runtime/cpu/small_matrix.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const auto compute = [n](const MatrixView* inputs, const MatrixView* outputs, double* scratch) {
    double* const x = scratch + n * n;
    auto* const rows = reinterpret_cast<int64_t*>(x + n * n);
    inputs[0].read(scratch);
    if (cpu::factorize_lu(n, scratch, rows) == 0) return outputs[0].fill_nan();
    std::fill_n(x, n * n, 0.0);
    for (int64_t i = 0; i < n; ++i) x[i * n + rows[i]] = 1;
    cpu::solve_triangular(n, n, scratch, {.lower = true, .unit_diagonal = true}, x);
    cpu::solve_triangular(n, n, scratch, {.lower = false}, x);
    outputs[0].write(x);
  };
  return make_matrix_kernel(request, 2 * n * n + n, 2.0 * static_cast<double>(n * n * n), compute);
}

}  // namespace

void inverse_kernels(KernelTable& table) { table.add("inverse", {"loops", create}); }

}  // namespace castalia
