#include "cpp/ops/spline_kernel.h"

namespace castalia {

void rational_linear_spline_inverse_kernels(KernelTable& table) {
  add_spline_inverse_kernels(table, "rational_linear_spline_inverse",
                             cpu::SplineKind::rational_linear);
}

}  // namespace castalia
