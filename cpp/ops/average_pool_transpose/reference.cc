#include "cpp/ops/reference.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {

std::vector<Tensor> average_pool_transpose_reference(const Attributes& attributes,
                                                     std::span<const Tensor> inputs) {
  const Tensor& g = inputs[0];
  const int64_t channels = g.shape.back();
  const std::vector<int64_t>& extents = attributes.integers("extents");
  const WindowAxes axes = window_axes(attributes, extents, attributes.integers("kernel"));
  const std::vector<int64_t> inside = taps_inside(axes);
  Shape shape{g.shape[0]};
  for (const int64_t extent : extents) shape.push_back(extent);
  shape.push_back(channels);
  Tensor out(shape);
  for (int64_t image = 0; image < shape[0]; ++image) {
    for_each_tap(axes, [&](int64_t position, int64_t element, int64_t) {
      const double scale =
          pooling_scale(divisor_attribute(attributes), axes, inside[static_cast<size_t>(position)]);
      for (int64_t c = 0; c < channels; ++c) {
        out[(image * window_elements(axes) + element) * channels + c] +=
            scale * g[(image * window_positions(axes) + position) * channels + c];
      }
    });
  }
  return {out};
}

}  // namespace castalia
