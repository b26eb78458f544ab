// What the three operators of convolutions share: their shapes.
#ifndef CASTALIA_CPP_OPS_CONVOLUTION_GEOMETRY_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_GEOMETRY_H_

#include <cstdint>

#include "cpp/ops/window.h"

namespace castalia {

// A convolution of images `in` with weights (kernel..., channels_in / groups, channels_out) to
// images `out`. Its transpose and its gradient for the weights are described by the same one.
struct ConvolutionGeometry {
  WindowAxes axes;
  int64_t batch = 0;
  int64_t channels_in = 0;
  int64_t channels_out = 0;
  int64_t groups = 1;

  constexpr int64_t channels_in_of_group() const { return channels_in / groups; }
  constexpr int64_t channels_out_of_group() const { return channels_out / groups; }
};

// From `in` and the weights. An Error that names both shapes when they do not fit.
ConvolutionGeometry convolution_geometry(const Attributes& attributes, const Shape& in,
                                         const Shape& weights);
// From `in`, the extents of the kernel and the channels of `out`.
ConvolutionGeometry convolution_geometry(const Attributes& attributes, const Shape& in,
                                         std::span<const int64_t> kernel, int64_t channels_out);

// Calls visit(in, weight, out) for every product of the convolution: where its operands lie and
// what it adds to. The gradients are sums of the same triples.
template <typename Visit>
void for_each_product(const ConvolutionGeometry& g, Visit visit) {
  const int64_t c_in = g.channels_in_of_group();
  const int64_t c_out = g.channels_out_of_group();
  for (int64_t image = 0; image < g.batch; ++image) {
    for_each_tap(g.axes, [&](int64_t position, int64_t element, int64_t tap) {
      const int64_t in = (image * window_elements(g.axes) + element) * g.channels_in;
      const int64_t out = (image * window_positions(g.axes) + position) * g.channels_out;
      for (int64_t group = 0; group < g.groups; ++group) {
        for (int64_t i = 0; i < c_in; ++i) {
          for (int64_t o = group * c_out; o < (group + 1) * c_out; ++o) {
            visit(in + group * c_in + i, (tap * c_in + i) * g.channels_out + o, out + o);
          }
        }
      }
    });
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_GEOMETRY_H_
