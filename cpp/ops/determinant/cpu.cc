#include "cpp/ops/small_matrix_kernel.h"
#include "cpp/runtime/cpu/small_matrix.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const auto compute = [n](const MatrixView* inputs, const MatrixView* outputs, double* scratch) {
    inputs[0].read(scratch);
    double product = cpu::factorize_lu(n, scratch, reinterpret_cast<int64_t*>(scratch + n * n));
    if (product != 0) {
      for (int64_t i = 0; i < n; ++i) product *= scratch[i * n + i];
    }
    outputs[0].write(&product);
  };
  const double flops = 2.0 / 3.0 * static_cast<double>(n * n * n);
  return make_matrix_kernel(request, n * n + n, flops, compute);
}

}  // namespace

void determinant_kernels(KernelTable& table) { table.add("determinant", {"loops", create}); }

}  // namespace castalia
