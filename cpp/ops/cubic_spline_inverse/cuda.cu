#include "cpp/ops/cubic_spline_cuda.h"
#include "cpp/ops/cuda_kernels.h"

namespace castalia {

void cubic_spline_inverse_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::CubicCurve, true>(table, "cubic_spline_inverse");
}

}  // namespace castalia
