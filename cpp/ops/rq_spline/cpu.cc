#include "cpp/ops/spline_kernel.h"

namespace castalia {
namespace {

struct Forward {
  template <typename T>
  static void compute(const cpu::RqSpline& spline, const SplineArrays<T>& a) {
    spline.forward(a.argument, a.params, a.first, a.second, a.count);
  }
};

struct ForwardGradient {
  template <typename T>
  static void compute(const cpu::RqSpline& spline, const SplineArrays<T>& a) {
    spline.forward_gradient(a.argument, a.params, a.gradient_result, a.gradient_log_abs_det,
                            a.first, a.second, a.count);
  }
};

}  // namespace

void rq_spline_kernels(KernelTable& table) {
  table.add("rq_spline", {"highway", make_spline_kernel<Forward>});
  table.add("gradient(rq_spline)", {"highway", make_spline_kernel<ForwardGradient>});
}

}  // namespace castalia
