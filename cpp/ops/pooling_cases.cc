#include "cpp/ops/pooling_cases.h"

#include "cpp/ops/pooling_window.h"

namespace castalia {
namespace {

PoolingCase sample(const Shape& images, const std::vector<int64_t>& kernel,
                   const Window& window = {}) {
  const int spatial_axes = images.rank() - 2;
  const Attributes attributes = pooling_attributes(kernel, window, spatial_axes);
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(images), attributes.integers("kernel"));
  return {images, attributes, windowed_shape(images[0], axes, spatial_axes, images.back())};
}

}  // namespace

std::vector<PoolingCase> pooling_sample() {
  return {
      sample({1, 1, 1}, {1}),
      sample({2, 9, 3}, {2}),
      sample({2, 9, 1}, {3}, Window::padded({1}, {1})),
      sample({2, 7, 6, 5}, {3, 2},
             {.stride = {2, 1}, .padding_before = {1}, .padding_after = {0, 1}}),
      sample({2, 8, 8, 17}, {2}),
      sample({1, 8, 7, 4}, {2}, {.stride = {1}, .dilation = {3, 2}}),
      // Elements between the windows that none sees.
      sample({3, 9, 9, 2}, {2}, {.stride = {4}}),
      sample({2, 4, 5, 6, 3}, {2, 3, 2}, Window::padded({1}, {2})),
      sample({2, 3, 3, 3, 8}, {3}),
      sample({0, 4, 4, 3}, {2}),
      sample({2, 4, 4, 0}, {2}),
  };
}

}  // namespace castalia
