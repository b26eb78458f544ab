#include "cpp/ops/cubic_spline_cuda.h"
#include "cpp/ops/cuda_kernels.h"

namespace castalia {

void cubic_spline_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::CubicCurve, false>(table, "cubic_spline");
}

}  // namespace castalia
