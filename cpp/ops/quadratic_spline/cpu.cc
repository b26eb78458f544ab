#include "cpp/ops/spline_kernel.h"

namespace castalia {

void quadratic_spline_kernels(KernelTable& table) {
  add_spline_kernels(table, "quadratic_spline", cpu::SplineKind::quadratic);
}

}  // namespace castalia
