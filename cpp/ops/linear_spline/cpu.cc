#include "cpp/ops/spline_kernel.h"

namespace castalia {

void linear_spline_kernels(KernelTable& table) {
  add_spline_kernels(table, "linear_spline", cpu::SplineKind::linear);
}

}  // namespace castalia
