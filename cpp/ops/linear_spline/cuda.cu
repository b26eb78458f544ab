#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/linear_spline_cuda.h"

namespace castalia {

void linear_spline_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::LinearCurve, false>(table, "linear_spline");
}

}  // namespace castalia
