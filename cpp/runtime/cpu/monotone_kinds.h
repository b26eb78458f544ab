// The kinds of monotone maps, a file for each family: what MonotoneMap::compute calls.
#ifndef CASTALIA_CPP_RUNTIME_CPU_MONOTONE_KINDS_H_
#define CASTALIA_CPP_RUNTIME_CPU_MONOTONE_KINDS_H_

#include <cstddef>

#include "cpp/runtime/cpu/monotone.h"

namespace castalia::cpu {

template <typename T>
using MonotoneFunction = void(const MonotoneMap& map, MapTask task, const MapArrays<T>& arrays,
                              size_t count);

MonotoneFunction<float> additive_map, affine_map, squared_map, logistic_mixture_map,
    deep_sigmoid_map, sum_of_squares_map, unconstrained_monotonic_map;
MonotoneFunction<double> additive_map, affine_map, squared_map, logistic_mixture_map,
    deep_sigmoid_map, sum_of_squares_map, unconstrained_monotonic_map;

}  // namespace castalia::cpu

// The function of a kind, `name`, from its Curve (monotone-inl.h). The first goes into
// castalia::cpu::HWY_NAMESPACE, the second into castalia::cpu, where HWY_ONCE.
#define CASTALIA_MONOTONE_CODE(Curve, name)                                                  \
  void name##_float32(const MonotoneMap& map, MapTask task, const MapArrays<float>& arrays,  \
                      size_t count) {                                                        \
    compute_monotone<Curve>(map, task, arrays, count);                                       \
  }                                                                                          \
  void name##_float64(const MonotoneMap& map, MapTask task, const MapArrays<double>& arrays, \
                      size_t count) {                                                        \
    compute_monotone<Curve>(map, task, arrays, count);                                       \
  }

#define CASTALIA_MONOTONE_DISPATCH(name)                                                           \
  HWY_EXPORT(name##_float32);                                                                      \
  HWY_EXPORT(name##_float64);                                                                      \
  void name(const MonotoneMap& map, MapTask task, const MapArrays<float>& arrays, size_t count) {  \
    HWY_DYNAMIC_DISPATCH(name##_float32)(map, task, arrays, count);                                \
  }                                                                                                \
  void name(const MonotoneMap& map, MapTask task, const MapArrays<double>& arrays, size_t count) { \
    HWY_DYNAMIC_DISPATCH(name##_float64)(map, task, arrays, count);                                \
  }

#endif  // CASTALIA_CPP_RUNTIME_CPU_MONOTONE_KINDS_H_
