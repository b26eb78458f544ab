#include "cpp/ops/reference.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {

std::vector<Tensor> average_pool_reference(const Attributes& attributes,
                                           std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const int64_t channels = images.shape.back();
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(images.shape), attributes.integers("kernel"));
  const std::vector<int64_t> inside = taps_inside(axes);
  Tensor out(windowed_shape(images.shape[0], axes, images.shape.rank() - 2, channels));
  for (int64_t image = 0; image < images.shape[0]; ++image) {
    for_each_tap(axes, [&](int64_t position, int64_t element, int64_t) {
      const double scale =
          pooling_scale(divisor_attribute(attributes), axes, inside[static_cast<size_t>(position)]);
      for (int64_t c = 0; c < channels; ++c) {
        out[(image * window_positions(axes) + position) * channels + c] +=
            scale * images[(image * window_elements(axes) + element) * channels + c];
      }
    });
  }
  return {out};
}

}  // namespace castalia
