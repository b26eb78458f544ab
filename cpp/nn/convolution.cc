#include "cpp/nn/convolution.h"

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/spectral.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// (kernel..., inputs / groups, outputs) of the convolution; its transpose has the two exchanged.
// `layer` names the layer in errors.
Shape weight_shape(const std::string& layer, const ConvolutionOptions& options, const Value& images,
                   int64_t inputs, int64_t outputs) {
  const int spatial = images.shape().rank() - 2;
  if (spatial != static_cast<int>(options.kernel.size())) {
    fail(Code::shape_mismatch, layer, ": images ", images.shape(), " have ", spatial,
         " spatial axes, the kernel ", Shape(options.kernel), " ", options.kernel.size());
  }
  if (options.groups < 1 || inputs % options.groups != 0 || outputs % options.groups != 0) {
    fail(Code::shape_mismatch, layer, ": groups is ", options.groups, ", which does not divide ",
         inputs, " and ", outputs, " channels of images ", images.shape(), " and of the result");
  }
  Shape shape;
  for (const int64_t extent : options.kernel) shape.push_back(extent);
  shape.push_back(inputs / options.groups);
  shape.push_back(outputs);
  return shape;
}

Value with_bias(Trace& trace, Value images, const ConvolutionOptions& options) {
  if (!options.bias) return images;
  return images + trace.parameter("bias", {options.channels}, Initializer::zeros);
}

}  // namespace

Value convolution(Trace& trace, const std::string& name, Value images,
                  const ConvolutionOptions& options) {
  const Trace::Part part(trace, name);
  const Shape shape = weight_shape(text("convolution '", name, "'"), options, images,
                                   images.columns(), options.channels);
  Value weight = trace.parameter("weight", shape, options.weight);
  if (options.spectral) weight = spectrally_normalised(weight);
  return with_bias(trace, convolution(images, weight, options.window, options.groups), options);
}

Value convolution_transpose(Trace& trace, const std::string& name, Value images,
                            const ConvolutionOptions& options,
                            const std::vector<int64_t>& output_padding) {
  const Trace::Part part(trace, name);
  const Shape shape = weight_shape(text("convolution_transpose '", name, "'"), options, images,
                                   options.channels, images.columns());
  const Value weight = trace.parameter("weight", shape, options.weight);
  return with_bias(
      trace, convolution_transpose(images, weight, options.window, output_padding, options.groups),
      options);
}

Value locally_connected(Trace& trace, const std::string& name, Value images,
                        const ConvolutionOptions& options) {
  const Trace::Part part(trace, name);
  check(options.groups == 1, "locally connected layers have no groups");
  const Shape shape =
      locally_connected_weights(images.shape(), options.kernel, options.channels, options.window);
  const Value weight = trace.parameter("weight", {shape[1], shape[0] * shape[2]}, options.weight);
  const Value out =
      locally_connected(images, reshape(weight, shape), options.kernel, options.window);
  if (!options.bias) return out;
  Shape places;
  for (int axis = 1; axis < out.shape().rank(); ++axis) places.push_back(out.shape()[axis]);
  return out + trace.parameter("bias", places, Initializer::zeros);
}

}  // namespace castalia
