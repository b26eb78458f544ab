// What the three operators of locally connected layers share: their shapes.
#ifndef CASTALIA_CPP_OPS_LOCALLY_CONNECTED_GEOMETRY_H_
#define CASTALIA_CPP_OPS_LOCALLY_CONNECTED_GEOMETRY_H_

#include "cpp/ops/convolution_geometry.h"

namespace castalia {

// Images `in` (batch, spatial..., channels_in) by weights (positions, taps * channels_in,
// channels_out) to images `out`. Attributes are those of a window and its "kernel".
ConvolutionGeometry locally_connected_geometry(const Attributes& attributes, const Shape& in,
                                               int64_t channels_out);
Shape locally_connected_weights(const ConvolutionGeometry& geometry);
// An Error (shape_mismatch) that names both when the weights are not those of the geometry.
void expect_local_weights(const TensorType& weights, const TensorType& images,
                          const ConvolutionGeometry& geometry);

// The images `in` of a transposed layer: "extents" are their spatial ones, and weights hold `seen`
// elements for every position.
Shape transposed_images(const Attributes& attributes, int64_t batch, int64_t seen);

// Calls visit(in, weight, out) for every product of the layer.
template <typename Visit>
void for_each_local_product(const ConvolutionGeometry& g, Visit visit) {
  for (int64_t image = 0; image < g.batch; ++image) {
    for_each_tap(g.axes, [&](int64_t position, int64_t element, int64_t tap) {
      const int64_t in = (image * window_elements(g.axes) + element) * g.channels_in;
      const int64_t out = (image * window_positions(g.axes) + position) * g.channels_out;
      const int64_t weight = (position * window_taps(g.axes) + tap) * g.channels_in;
      for (int64_t i = 0; i < g.channels_in; ++i) {
        for (int64_t o = 0; o < g.channels_out; ++o) {
          visit(in + i, (weight + i) * g.channels_out + o, out + o);
        }
      }
    });
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOCALLY_CONNECTED_GEOMETRY_H_
