// Windows over images on a device: what a thread visits that computes one position or one element.
#ifndef CASTALIA_CPP_OPS_WINDOW_CUDA_H_
#define CASTALIA_CPP_OPS_WINDOW_CUDA_H_

#include <cstdint>

#include "cpp/ops/window.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// Calls visit(element, tap) for every tap of the window at a position of an image that falls
// inside, in order.
template <typename Visit>
CASTALIA_ANYWHERE void for_each_tap_at(const WindowAxes& axes, int64_t position, Visit visit) {
  const WindowAxis& z = axes[0];
  const WindowAxis& y = axes[1];
  const WindowAxis& x = axes[2];
  const int64_t ox = position % x.out;
  position /= x.out;
  const int64_t oy = position % y.out;
  const int64_t oz = position / y.out;
  for (int64_t tz = 0; tz < z.kernel; ++tz) {
    const int64_t iz = z.element(oz, tz);
    if (iz < 0) continue;
    for (int64_t ty = 0; ty < y.kernel; ++ty) {
      const int64_t iy = y.element(oy, ty);
      if (iy < 0) continue;
      for (int64_t tx = 0; tx < x.kernel; ++tx) {
        const int64_t ix = x.element(ox, tx);
        if (ix >= 0) visit((iz * y.in + iy) * x.in + ix, (tz * y.kernel + ty) * x.kernel + tx);
      }
    }
  }
}

// The position whose tap t covers element i of an axis, or -1.
CASTALIA_ANYWHERE inline int64_t position_over(const WindowAxis& axis, int64_t i, int64_t t) {
  const int64_t from = i + axis.before - t * axis.dilation;
  if (from < 0) return -1;
  if (axis.stride == 1) return from < axis.out ? from : -1;
  const int64_t o = from / axis.stride;
  return o * axis.stride == from && o < axis.out ? o : -1;
}

// Calls visit(position, tap) for every window that covers an element of an image, in the order of
// the positions.
template <typename Visit>
CASTALIA_ANYWHERE void for_each_window_over(const WindowAxes& axes, int64_t element, Visit visit) {
  const WindowAxis& z = axes[0];
  const WindowAxis& y = axes[1];
  const WindowAxis& x = axes[2];
  const int64_t ix = element % x.in;
  element /= x.in;
  const int64_t iy = element % y.in;
  const int64_t iz = element / y.in;
  for (int64_t tz = z.kernel; tz-- > 0;) {
    const int64_t oz = position_over(z, iz, tz);
    if (oz < 0) continue;
    for (int64_t ty = y.kernel; ty-- > 0;) {
      const int64_t oy = position_over(y, iy, ty);
      if (oy < 0) continue;
      for (int64_t tx = x.kernel; tx-- > 0;) {
        const int64_t ox = position_over(x, ix, tx);
        if (ox >= 0) visit((oz * y.out + oy) * x.out + ox, (tz * y.kernel + ty) * x.kernel + tx);
      }
    }
  }
}

// How many taps of the window at position o of an axis fall inside.
CASTALIA_ANYWHERE inline int64_t taps_along(const WindowAxis& axis, int64_t o) {
  int64_t count = 0;
  for (int64_t t = 0; t < axis.kernel; ++t) count += axis.element(o, t) >= 0;
  return count;
}

// The same for a position of an image.
CASTALIA_ANYWHERE inline int64_t taps_inside_at(const WindowAxes& axes, int64_t position) {
  const int64_t x = taps_along(axes[2], position % axes[2].out);
  position /= axes[2].out;
  return x * taps_along(axes[1], position % axes[1].out) *
         taps_along(axes[0], position / axes[1].out);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_WINDOW_CUDA_H_
