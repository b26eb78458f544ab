// What the operators of pooling share.
#ifndef CASTALIA_CPP_OPS_POOLING_WINDOW_H_
#define CASTALIA_CPP_OPS_POOLING_WINDOW_H_

#include <cstdint>
#include <vector>

#include "cpp/ops/window.h"

namespace castalia {

// What the sum over a window is divided by: nothing, the number of its taps (what sticks out counts
// as zero), or the number of those that fall inside the image. Stored as an attribute by its
// number.
enum class PoolDivisor : int64_t { one = 0, taps = 1, inside = 2 };

// The window's attributes with its "kernel". Where no stride is given it is the kernel: windows lie
// side by side.
Attributes pooling_attributes(const std::vector<int64_t>& kernel, Window window, int spatial_axes);

// An Error (shape_mismatch) when a window sees nothing but padding.
void expect_windows_see_elements(const WindowAxes& axes);

// An Error (shape_mismatch) unless `pooled` is what pooling `images` gives.
void expect_pooled(const TensorType& pooled, const TensorType& images, const WindowAxes& axes);

PoolDivisor divisor_attribute(const Attributes& attributes);
// What the sum over a window is multiplied with when `seen` of its taps fall inside.
double pooling_scale(PoolDivisor divisor, const WindowAxes& axes, int64_t seen);
// How many taps of the window at each position fall inside.
std::vector<int64_t> taps_inside(const WindowAxes& axes);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POOLING_WINDOW_H_
