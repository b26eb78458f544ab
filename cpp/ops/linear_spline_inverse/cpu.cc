#include "cpp/ops/spline_kernel.h"

namespace castalia {

void linear_spline_inverse_kernels(KernelTable& table) {
  add_spline_inverse_kernels(table, "linear_spline_inverse", cpu::SplineKind::linear);
}

}  // namespace castalia
