#include "cpp/ops/small_matrix_kernel.h"
#include "cpp/runtime/cpu/small_matrix.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const auto compute = [n](const MatrixView* inputs, const MatrixView* outputs, double* scratch) {
    inputs[0].read(scratch);
    if (!cpu::factorize_cholesky(n, scratch)) return outputs[0].fill_nan();
    outputs[0].write(scratch);
  };
  return make_matrix_kernel(request, n * n, static_cast<double>(n * n * n) / 3.0, compute);
}

}  // namespace

void cholesky_kernels(KernelTable& table) { table.add("cholesky", {"loops", create}); }

}  // namespace castalia
