#include "cpp/ops/convolution_geometry.h"

#include <vector>

#include "cpp/base/status.h"

namespace castalia {

ConvolutionGeometry convolution_geometry(const Attributes& attributes, const Shape& in,
                                         const Shape& weights) {
  if (weights.rank() != in.rank()) {
    fail(Code::shape_mismatch, "weights ", weights, " have another number of axes than images ",
         in);
  }
  const std::vector<int64_t> kernel{weights.begin(), weights.end() - 2};
  const ConvolutionGeometry geometry = convolution_geometry(attributes, in, kernel, weights.back());
  if (geometry.channels_in_of_group() != weights[weights.rank() - 2]) {
    fail(Code::shape_mismatch, "images ", in, " in ", geometry.groups,
         " groups do not fit weights ", weights);
  }
  return geometry;
}

ConvolutionGeometry convolution_geometry(const Attributes& attributes, const Shape& in,
                                         std::span<const int64_t> kernel, int64_t channels_out) {
  ConvolutionGeometry geometry;
  try {
    geometry.axes = window_axes(attributes, spatial_extents(in), kernel);
  } catch (const Error& error) {
    if (error.code() != Code::shape_mismatch) throw;
    fail(error.code(), "images ", in, " and a kernel ", Shape(kernel), ": ", error.what());
  }
  geometry.batch = in[0];
  geometry.channels_in = in.back();
  geometry.channels_out = channels_out;
  geometry.groups = attributes.integer("groups");
  if (geometry.groups < 1 || geometry.channels_in % geometry.groups != 0 ||
      channels_out % geometry.groups != 0) {
    fail(Code::shape_mismatch, geometry.channels_in, " channels of ", in, " and ", channels_out,
         " channels of the result do not make ", geometry.groups, " groups");
  }
  return geometry;
}

}  // namespace castalia
