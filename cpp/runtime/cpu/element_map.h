// Maps of many scalars, each with parameters of its own: what splines and other monotone maps
// share.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ELEMENT_MAP_H_
#define CASTALIA_CPP_RUNTIME_CPU_ELEMENT_MAP_H_

namespace castalia::cpu {

// What is computed of each map, and its operands and results. `inverse` gives the argument that
// `forward` maps to its own, and the logarithm of dx/dy. The gradients turn those with respect to
// both results into those with respect to the argument and the parameters; where the argument is
// clipped, that of the argument is zero.
enum class MapTask { forward, inverse, forward_gradient, inverse_gradient };

// The arrays of `count` maps in a row; params and gradient_params have a map's number of parameters
// for each. None needs padding or alignment, and no two may overlap, except that a result may take
// the place of the argument.
template <typename T>
struct MapArrays {
  const T* argument = nullptr;
  const T* params = nullptr;
  // Of forward and inverse.
  T* result = nullptr;
  T* log_abs_det = nullptr;
  // Of their gradients.
  const T* gradient_result = nullptr;
  const T* gradient_log_abs_det = nullptr;
  T* gradient_argument = nullptr;
  T* gradient_params = nullptr;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ELEMENT_MAP_H_
