// The kinds of splines, each a file of its own: what Spline::compute calls.
#ifndef CASTALIA_CPP_RUNTIME_CPU_SPLINE_KINDS_H_
#define CASTALIA_CPP_RUNTIME_CPU_SPLINE_KINDS_H_

#include <cstddef>

#include "cpp/runtime/cpu/spline.h"

namespace castalia::cpu {

template <typename T>
using SplineFunction = void(const Spline& spline, MapTask task, const MapArrays<T>& arrays,
                            size_t count);

SplineFunction<float> linear_spline, quadratic_spline, cubic_spline, rational_linear_spline,
    rational_quadratic_spline;
SplineFunction<double> linear_spline, quadratic_spline, cubic_spline, rational_linear_spline,
    rational_quadratic_spline;

}  // namespace castalia::cpu

// The function of a kind, `name`, from its Curve (spline-inl.h). The first goes into
// castalia::cpu::HWY_NAMESPACE, the second into castalia::cpu, where HWY_ONCE.
#define CASTALIA_SPLINE_CODE(Curve, name)                                                  \
  void name##_float32(const Spline& spline, MapTask task, const MapArrays<float>& arrays,  \
                      size_t count) {                                                      \
    compute_spline<Curve>(spline, task, arrays, count);                                    \
  }                                                                                        \
  void name##_float64(const Spline& spline, MapTask task, const MapArrays<double>& arrays, \
                      size_t count) {                                                      \
    compute_spline<Curve>(spline, task, arrays, count);                                    \
  }

#define CASTALIA_SPLINE_DISPATCH(name)                                                           \
  HWY_EXPORT(name##_float32);                                                                    \
  HWY_EXPORT(name##_float64);                                                                    \
  void name(const Spline& spline, MapTask task, const MapArrays<float>& arrays, size_t count) {  \
    HWY_DYNAMIC_DISPATCH(name##_float32)(spline, task, arrays, count);                           \
  }                                                                                              \
  void name(const Spline& spline, MapTask task, const MapArrays<double>& arrays, size_t count) { \
    HWY_DYNAMIC_DISPATCH(name##_float64)(spline, task, arrays, count);                           \
  }

#endif  // CASTALIA_CPP_RUNTIME_CPU_SPLINE_KINDS_H_
