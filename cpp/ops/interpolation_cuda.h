// Linear interpolation along an axis on a device.
#ifndef CASTALIA_CPP_OPS_INTERPOLATION_CUDA_H_
#define CASTALIA_CPP_OPS_INTERPOLATION_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// From [outer, elements, inner] to [outer, points, inner].
struct InterpolationOnDevice {
  int64_t elements, points, inner;
};

// A point lies between two elements, `weight` of the way from low to high.
struct InterpolationPlace {
  int64_t low, high;
  double weight;
};

CASTALIA_ANYWHERE inline InterpolationPlace interpolation_place(const InterpolationOnDevice& shape,
                                                                int64_t point) {
  // In elements counted from the centre of the first; beyond the centres of the first and the last
  // element it holds.
  const double last = static_cast<double>(shape.elements - 1);
  double at = (static_cast<double>(point) + 0.5) * static_cast<double>(shape.elements) /
                  static_cast<double>(shape.points) -
              0.5;
  at = at < 0 ? 0 : at > last ? last : at;
  const auto low = static_cast<int64_t>(std::floor(at));
  return {low, low + 1 < shape.elements ? low + 1 : low, at - static_cast<double>(low)};
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INTERPOLATION_CUDA_H_
