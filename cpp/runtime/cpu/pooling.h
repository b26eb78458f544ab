// Pooling and interpolation of images on the CPU, in float or double, vectorised over the channels.
//
// Images are dense, [image, z, y, x, channel]; windows are described as in convolution.h, `in`
// being the larger images and `out` the pooled ones. Tiles are images: an image of a result depends
// on the same image alone, in an order of its own, so its bits are the same for any number of
// images, tile or thread. Nothing here allocates or needs scratch, and any thread may call.
#ifndef CASTALIA_CPP_RUNTIME_CPU_POOLING_H_
#define CASTALIA_CPP_RUNTIME_CPU_POOLING_H_

#include <array>
#include <cstdint>

#include "cpp/runtime/cpu/convolution.h"

namespace castalia::cpu {

struct PoolingShape {
  int64_t images = 0;
  std::array<ConvolutionAxis, 3> axes;
  int64_t channels = 0;
};

// What the sum over a window is divided by: nothing, the number of its taps, or the number of those
// that fall inside the image.
enum class PoolDivisor { one, taps, inside };

// out = v at the place where x is largest in each window, for every channel by itself: the first of
// equal ones, and the first NaN before all numbers. Every window must see an element.
template <typename T>
void max_pool(const PoolingShape& shape, const T* x, const T* v, T* out, int64_t first,
              int64_t last);

// The transpose in v: in = sums of the g of the windows whose largest element lies there.
template <typename T>
void max_pool_transpose(const PoolingShape& shape, const T* x, const T* g, T* in, int64_t first,
                        int64_t last);

// out = sums over the windows, divided. A window that sees nothing gives zero.
template <typename T>
void average_pool(const PoolingShape& shape, PoolDivisor divisor, const T* x, T* out, int64_t first,
                  int64_t last);

// Its transpose: in = sums of the divided g of the windows that see the element.
template <typename T>
void average_pool_transpose(const PoolingShape& shape, PoolDivisor divisor, const T* g, T* in,
                            int64_t first, int64_t last);

// An array [outer, n, inner] is read at `points` points of its middle axis, equally spaced over the
// same length, each between its two neighbours; beyond the centres of the first and the last
// element they hold. `n` and `points` are positive. Tiles are the outer elements.
struct InterpolationShape {
  int64_t outer = 0;
  int64_t n = 0;
  int64_t points = 0;
  int64_t inner = 0;
};

// Point i lies between elements low and low + 1, `weight` of the way.
struct InterpolationPoint {
  int64_t low;
  double weight;
};
InterpolationPoint interpolation_point(const InterpolationShape& shape, int64_t i);

template <typename T>
void interpolate(const InterpolationShape& shape, const T* in, T* out, int64_t first, int64_t last);

// Its transpose, from [outer, points, inner] to [outer, n, inner].
template <typename T>
void interpolate_transpose(const InterpolationShape& shape, const T* g, T* in, int64_t first,
                           int64_t last);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_POOLING_H_
