// Where the largest elements of windows are, as plain loops.
#ifndef CASTALIA_CPP_OPS_LARGEST_IN_WINDOW_H_
#define CASTALIA_CPP_OPS_LARGEST_IN_WINDOW_H_

#include <cmath>
#include <cstdint>
#include <vector>

#include "cpp/ops/reference.h"
#include "cpp/ops/window.h"

namespace castalia {

// Calls visit(in, out) for every element of the pooled images: where it lies, and where the first
// of the largest elements of its window lies. NaN counts as larger than numbers.
template <typename Visit>
void for_each_largest(const Tensor& images, const WindowAxes& axes, Visit visit) {
  const int64_t channels = images.shape.back();
  const int64_t positions = window_positions(axes);
  for (int64_t image = 0; image < images.shape[0]; ++image) {
    const int64_t first = image * window_elements(axes) * channels;
    for (int64_t c = 0; c < channels; ++c) {
      std::vector<int64_t> largest(static_cast<size_t>(positions), -1);
      for_each_tap(axes, [&](int64_t position, int64_t element, int64_t) {
        int64_t& best = largest[static_cast<size_t>(position)];
        const int64_t here = first + element * channels + c;
        if (best < 0 || images[here] > images[best] ||
            (std::isnan(images[here]) && !std::isnan(images[best]))) {
          best = here;
        }
      });
      for (int64_t position = 0; position < positions; ++position) {
        visit(largest[static_cast<size_t>(position)],
              (image * positions + position) * channels + c);
      }
    }
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LARGEST_IN_WINDOW_H_
