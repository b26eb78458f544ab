#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/rational_linear_spline_cuda.h"

namespace castalia {

void rational_linear_spline_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::RationalLinearCurve, false>(table, "rational_linear_spline");
}

}  // namespace castalia
