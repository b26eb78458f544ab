#include "cpp/ops/spline_kernel.h"

namespace castalia {

void rq_spline_inverse_kernels(KernelTable& table) {
  add_spline_inverse_kernels(table, "rq_spline_inverse", cpu::SplineKind::rational_quadratic);
}

}  // namespace castalia
