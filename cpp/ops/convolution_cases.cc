#include "cpp/ops/convolution_cases.h"

#include "cpp/ops/convolution_geometry.h"

namespace castalia {
namespace {

ConvolutionCase sample(const Shape& images, const Shape& weights, const Window& window,
                       int64_t groups = 1) {
  const int spatial_axes = images.rank() - 2;
  Attributes attributes = window_attributes(window, spatial_axes);
  attributes.set("groups", groups);
  const ConvolutionGeometry geometry = convolution_geometry(attributes, images, weights);
  return {images, weights, attributes,
          windowed_shape(geometry.batch, geometry.axes, spatial_axes, geometry.channels_out)};
}

}  // namespace

std::vector<ConvolutionCase> convolution_sample() {
  return {
      sample({1, 1, 1}, {1, 1, 1}, {}),
      sample({3, 9, 2}, {3, 2, 5}, {}),
      // Asymmetric padding, and a stride that leaves elements over.
      sample({2, 10, 3}, {4, 3, 7}, {.stride = {3}, .padding_before = {2}, .padding_after = {1}}),
      sample({2, 11, 4}, {3, 4, 3}, {.dilation = {3}, .padding_before = {1}}),
      // A stride larger than the kernel: elements that no window sees.
      sample({2, 9, 5}, {2, 5, 3}, {.stride = {4}}),
      // A dilation and a stride with a common factor, so that most remainders have no taps.
      sample({1, 13, 2}, {3, 2, 4}, {.stride = {4}, .dilation = {2}, .padding_before = {3}}),
      sample({2, 6, 7, 3}, {3, 3, 3, 4}, Window::padded({1})),
      sample({3, 8, 8, 1}, {4, 4, 1, 9}, Window::padded({1}, {2})),
      sample({2, 8, 6, 5}, {4, 2, 5, 1}, Window::padded({1, 0}, {2, 1})),
      sample({2, 5, 6, 6}, {3, 2, 2, 12}, Window::padded({1}, {1, 2}), 3),
      // Every channel for itself.
      sample({2, 5, 5, 4}, {3, 3, 1, 4}, Window::padded({1}), 4),
      sample({1, 7, 7, 17}, {1, 1, 17, 33}, {}),
      // Windows that lie in the padding alone.
      sample({1, 2, 2, 2}, {2, 2, 2, 3}, Window::padded({3})),
      // A kernel as large as the image, and sums longer than a block.
      sample({5, 4, 4, 20}, {4, 4, 20, 3}, {}),
      sample({2, 3, 3, 40}, {3, 3, 40, 35}, Window::padded({1})),
      sample({2, 4, 5, 4, 2}, {3, 3, 3, 2, 5}, Window::padded({1}, {2})),
      sample({1, 5, 4, 6, 3}, {2, 3, 2, 3, 2},
             {.stride = {1, 2, 1}, .dilation = {2, 1, 1}, .padding_after = {0, 1, 2}}),
      // Nothing but padding.
      sample({2, 0, 3}, {3, 3, 4}, Window::padded({2})),
      // No images, no channels on either side.
      sample({0, 6, 6, 3}, {3, 3, 3, 4}, Window::padded({1})),
      sample({2, 4, 4, 0}, {3, 3, 0, 4}, {}),
      sample({2, 4, 4, 3}, {3, 3, 3, 0}, {}),
  };
}

}  // namespace castalia
