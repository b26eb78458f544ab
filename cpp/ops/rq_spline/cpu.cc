#include "cpp/ops/spline_kernel.h"

namespace castalia {

void rq_spline_kernels(KernelTable& table) {
  add_spline_kernels(table, "rq_spline", cpu::SplineKind::rational_quadratic);
}

}  // namespace castalia
