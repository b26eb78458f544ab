#include "cpp/ops/convolution_weight_gradient/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/convolution/op.h"
#include "cpp/ops/convolution_geometry.h"
#include "cpp/ops/convolution_transpose/op.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_convolution_weight_gradient(std::span<const TensorType> inputs,
                                                          const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_images(inputs[0]);
  expect_images(inputs[1]);
  const std::vector<int64_t>& kernel = attributes.integers("kernel");
  const ConvolutionGeometry geometry =
      convolution_geometry(attributes, inputs[0].shape, kernel, inputs[1].shape.back());
  if (inputs[0].shape.rank() != inputs[1].shape.rank() ||
      inputs[0].shape[0] != inputs[1].shape[0]) {
    fail(Code::shape_mismatch, "images ", inputs[0], " and gradients ", inputs[1],
         " do not belong together");
  }
  expect_positions(inputs[1], geometry.axes, "gradients");
  Shape shape;
  for (const int64_t extent : kernel) shape.push_back(extent);
  shape.push_back(geometry.channels_in_of_group());
  shape.push_back(geometry.channels_out);
  shape.count();
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> differentiate_convolution_weight_gradient(const GradientRequest& r) {
  const Value images = r.inputs[0];
  const Value weights = r.gradients[0];
  Attributes attributes;
  for (const auto& [name, value] : r.attributes.values()) {
    if (name != "kernel") attributes.set(name, value);
  }
  Attributes transposed = attributes;
  transposed.set("extents", spatial_extents(images.shape()));
  return {r.graph.apply(convolution_transpose_operator(), {r.inputs[1], weights}, transposed)[0],
          r.graph.apply(convolution_operator(), {images, weights}, attributes)[0]};
}

}  // namespace

const Operator& convolution_weight_gradient_operator() {
  static const Operator op{.name = "convolution_weight_gradient",
                           .infer = infer_convolution_weight_gradient,
                           .gradient = differentiate_convolution_weight_gradient};
  return op;
}

Value convolution_weight_gradient(Value images, Value g, const std::vector<int64_t>& kernel,
                                  const Window& window, int64_t groups) {
  Attributes attributes = window_attributes(window, images.shape().rank() - 2);
  attributes.set("kernel", kernel);
  attributes.set("groups", groups);
  return images.graph().apply(convolution_weight_gradient_operator(), {images, g}, attributes)[0];
}

}  // namespace castalia
