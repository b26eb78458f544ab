#include "cpp/ops/spline_kernel.h"

namespace castalia {

void rational_linear_spline_kernels(KernelTable& table) {
  add_spline_kernels(table, "rational_linear_spline", cpu::SplineKind::rational_linear);
}

}  // namespace castalia
