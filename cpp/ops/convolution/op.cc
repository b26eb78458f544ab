#include "cpp/ops/convolution/op.h"

#include "cpp/ops/convolution_geometry.h"
#include "cpp/ops/convolution_transpose/op.h"
#include "cpp/ops/convolution_weight_gradient/op.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_convolution(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const int spatial_axes = expect_images(inputs[0]);
  const ConvolutionGeometry geometry =
      convolution_geometry(attributes, inputs[0].shape, inputs[1].shape);
  return {{inputs[0].dtype,
           windowed_shape(geometry.batch, geometry.axes, spatial_axes, geometry.channels_out)}};
}

std::vector<Value> differentiate_convolution(const GradientRequest& r) {
  const Value images = r.inputs[0];
  const Value weights = r.inputs[1];
  const Value g = r.gradients[0];
  Attributes transposed = r.attributes;
  transposed.set("extents", spatial_extents(images.shape()));
  Attributes for_weights = r.attributes;
  for_weights.set("kernel",
                  std::vector<int64_t>(weights.shape().begin(), weights.shape().end() - 2));
  return {r.graph.apply(convolution_transpose_operator(), {g, weights}, transposed)[0],
          r.graph.apply(convolution_weight_gradient_operator(), {images, g}, for_weights)[0]};
}

}  // namespace

const Operator& convolution_operator() {
  static const Operator op{
      .name = "convolution", .infer = infer_convolution, .gradient = differentiate_convolution};
  return op;
}

Value convolution(Value images, Value weights, const Window& window, int64_t groups) {
  Attributes attributes = window_attributes(window, images.shape().rank() - 2);
  attributes.set("groups", groups);
  return images.graph().apply(convolution_operator(), {images, weights}, attributes)[0];
}

}  // namespace castalia
