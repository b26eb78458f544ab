#include "cpp/ops/small_matrix_kernel.h"
#include "cpp/runtime/cpu/small_matrix.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const int64_t columns = request.inputs[1].shape.back();
  const auto compute = [=](const MatrixView* inputs, const MatrixView* outputs, double* scratch) {
    double* const b = scratch + n * n;
    double* const x = b + n * columns;
    auto* const rows = reinterpret_cast<int64_t*>(x + n * columns);
    inputs[0].read(scratch);
    inputs[1].read(b);
    if (cpu::factorize_lu(n, scratch, rows) == 0) return outputs[0].fill_nan();
    for (int64_t i = 0; i < n; ++i) std::copy_n(b + rows[i] * columns, columns, x + i * columns);
    cpu::solve_triangular(n, columns, scratch, {.lower = true, .unit_diagonal = true}, x);
    cpu::solve_triangular(n, columns, scratch, {.lower = false}, x);
    outputs[0].write(x);
  };
  const double extent = static_cast<double>(n);
  const double flops = extent * extent * (2.0 / 3.0 * extent + 2.0 * static_cast<double>(columns));
  return make_matrix_kernel(request, n * n + 2 * n * columns + n, flops, compute);
}

}  // namespace

void solve_kernels(KernelTable& table) { table.add("solve", {"loops", create}); }

}  // namespace castalia
