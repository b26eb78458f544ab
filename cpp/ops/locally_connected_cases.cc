#include "cpp/ops/locally_connected_cases.h"

#include "cpp/ops/locally_connected_geometry.h"

namespace castalia {
namespace {

LocallyConnectedCase sample(const Shape& images, const std::vector<int64_t>& kernel,
                            int64_t channels_out, const Window& window = {}) {
  const int spatial_axes = images.rank() - 2;
  Attributes attributes = window_attributes(window, spatial_axes);
  attributes.set("kernel", kernel);
  const ConvolutionGeometry geometry = locally_connected_geometry(attributes, images, channels_out);
  return {images, locally_connected_weights(geometry), attributes,
          windowed_shape(geometry.batch, geometry.axes, spatial_axes, channels_out)};
}

}  // namespace

std::vector<LocallyConnectedCase> locally_connected_sample() {
  return {
      sample({1, 1, 1}, {1}, 1),
      sample({3, 7, 2}, {3}, 5),
      sample({2, 9, 3}, {2}, 4, {.stride = {3}, .padding_before = {1}, .padding_after = {2}}),
      sample({7, 4, 5, 3}, {3, 2}, 9, Window::padded({1})),
      sample({2, 6, 5, 2}, {3, 3}, 17,
             {.stride = {2}, .dilation = {1, 2}, .padding_before = {1, 2}}),
      // Sums longer than a block.
      sample({2, 2, 2, 140}, {2, 1}, 3),
      sample({2, 3, 2, 2}, {2, 2}, 130),
      sample({2, 3, 4, 3, 2}, {2, 3, 2}, 6, Window::padded({1}, {2})),
      // Windows that lie in the padding alone.
      sample({2, 2, 2}, {2}, 3, Window::padded({3})),
      sample({0, 4, 4, 2}, {3, 3}, 5),
      sample({2, 4, 4, 0}, {3, 3}, 5),
  };
}

}  // namespace castalia
