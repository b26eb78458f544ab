#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/quadratic_spline_cuda.h"

namespace castalia {

void quadratic_spline_inverse_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::QuadraticCurve, true>(table, "quadratic_spline_inverse");
}

}  // namespace castalia
