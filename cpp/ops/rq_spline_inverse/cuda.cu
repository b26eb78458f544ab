#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/rq_spline_cuda.h"

namespace castalia {

void rq_spline_inverse_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::RqCurve, true>(table, "rq_spline_inverse");
}

}  // namespace castalia
