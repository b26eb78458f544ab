#include "cpp/ops/spline_kernel.h"

namespace castalia {

void quadratic_spline_inverse_kernels(KernelTable& table) {
  add_spline_inverse_kernels(table, "quadratic_spline_inverse", cpu::SplineKind::quadratic);
}

}  // namespace castalia
