#include "cpp/ops/spline_kernel.h"

namespace castalia {

void cubic_spline_kernels(KernelTable& table) {
  add_spline_kernels(table, "cubic_spline", cpu::SplineKind::cubic);
}

}  // namespace castalia
