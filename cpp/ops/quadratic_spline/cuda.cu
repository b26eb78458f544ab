#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/quadratic_spline_cuda.h"

namespace castalia {

void quadratic_spline_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::QuadraticCurve, false>(table, "quadratic_spline");
}

}  // namespace castalia
