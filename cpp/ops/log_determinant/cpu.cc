#include <cmath>

#include "cpp/ops/small_matrix_kernel.h"
#include "cpp/runtime/cpu/small_matrix.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const auto compute = [n](const MatrixView* inputs, const MatrixView* outputs, double* scratch) {
    inputs[0].read(scratch);
    double sign = cpu::factorize_lu(n, scratch, reinterpret_cast<int64_t*>(scratch + n * n));
    double log_abs = sign == 0 ? -std::numeric_limits<double>::infinity() : 0;
    if (sign != 0) {
      for (int64_t i = 0; i < n; ++i) {
        const double pivot = scratch[i * n + i];
        // A NaN stays one.
        sign = std::isnan(pivot) ? pivot : pivot < 0 ? -sign : sign;
        log_abs += std::log(std::abs(pivot));
      }
    }
    outputs[0].write(&sign);
    outputs[1].write(&log_abs);
  };
  const double flops = 2.0 / 3.0 * static_cast<double>(n * n * n);
  return make_matrix_kernel(request, n * n + n, flops, compute);
}

}  // namespace

void log_determinant_kernels(KernelTable& table) {
  table.add("log_determinant", {"loops", create});
}

}  // namespace castalia
