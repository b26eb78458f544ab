#include "cpp/ops/spline_kernel.h"

namespace castalia {

void cubic_spline_inverse_kernels(KernelTable& table) {
  add_spline_inverse_kernels(table, "cubic_spline_inverse", cpu::SplineKind::cubic);
}

}  // namespace castalia
