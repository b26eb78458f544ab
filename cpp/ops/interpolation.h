// Linear interpolation along an axis, as plain loops.
#ifndef CASTALIA_CPP_OPS_INTERPOLATION_H_
#define CASTALIA_CPP_OPS_INTERPOLATION_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace castalia {

// Calls visit(element, point, weight) for every product of the map from [outer, n, inner] to
// [outer, points, inner].
template <typename Visit>
void for_each_interpolation(int64_t outer, int64_t n, int64_t points, int64_t inner, Visit visit) {
  for (int64_t i = 0; i < points; ++i) {
    // Where the centre of point i lies, in elements counted from the centre of the first.
    const double centre =
        (static_cast<double>(i) + 0.5) * static_cast<double>(n) / static_cast<double>(points) - 0.5;
    const double at = std::clamp(centre, 0.0, static_cast<double>(n - 1));
    const int64_t low = static_cast<int64_t>(std::floor(at));
    const int64_t high = std::min(low + 1, n - 1);
    const double weight = at - static_cast<double>(low);
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t k = 0; k < inner; ++k) {
        const int64_t point = (o * points + i) * inner + k;
        visit((o * n + low) * inner + k, point, 1 - weight);
        visit((o * n + high) * inner + k, point, weight);
      }
    }
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INTERPOLATION_H_
