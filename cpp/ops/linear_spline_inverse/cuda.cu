#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/linear_spline_cuda.h"

namespace castalia {

void linear_spline_inverse_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::LinearCurve, true>(table, "linear_spline_inverse");
}

}  // namespace castalia
