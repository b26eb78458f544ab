#include "cpp/ops/spline_kernel.h"

namespace castalia {
namespace {

struct Inverse {
  template <typename T>
  static void compute(const cpu::RqSpline& spline, const SplineArrays<T>& a) {
    spline.inverse(a.argument, a.params, a.first, a.second, a.count);
  }
};

struct InverseGradient {
  template <typename T>
  static void compute(const cpu::RqSpline& spline, const SplineArrays<T>& a) {
    spline.inverse_gradient(a.argument, a.params, a.gradient_result, a.gradient_log_abs_det,
                            a.first, a.second, a.count);
  }
};

}  // namespace

void rq_spline_inverse_kernels(KernelTable& table) {
  table.add("rq_spline_inverse", {"highway", make_spline_kernel<Inverse>});
  table.add("gradient(rq_spline_inverse)", {"highway", make_spline_kernel<InverseGradient>});
}

}  // namespace castalia
