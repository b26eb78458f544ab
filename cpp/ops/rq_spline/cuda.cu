#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/rq_spline_cuda.h"

namespace castalia {

void rq_spline_cuda_kernels(KernelTable& table) {
  cuda::add_spline_kernels<cuda::RqCurve, false>(table, "rq_spline");
}

}  // namespace castalia
