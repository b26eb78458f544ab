#include "cpp/ops/convolution_transpose/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/convolution/op.h"
#include "cpp/ops/convolution_geometry.h"
#include "cpp/ops/convolution_weight_gradient/op.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

// The attribute "extents" holds the spatial extents of the result.
Attributes convolution_attributes(const Attributes& attributes) {
  Attributes rest;
  for (const auto& [name, value] : attributes.values()) {
    if (name != "extents") rest.set(name, value);
  }
  return rest;
}

// The images of the result, when weights have a group's channels of it.
Shape convolution_transpose_shape(const Attributes& attributes, int64_t batch,
                                  const Shape& weights) {
  Shape shape{batch};
  for (const int64_t extent : attributes.integers("extents")) shape.push_back(extent);
  int64_t channels = weights[weights.rank() - 2];
  if (__builtin_mul_overflow(channels, attributes.integer("groups"), &channels)) {
    fail(Code::out_of_memory, "the channels of weights ", weights, " in ",
         attributes.integer("groups"), " groups overflow");
  }
  shape.push_back(channels);
  shape.count();
  return shape;
}

std::vector<TensorType> infer_convolution_transpose(std::span<const TensorType> inputs,
                                                    const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const int spatial_axes = expect_images(inputs[0]);
  if (inputs[1].shape.rank() != spatial_axes + 2) {
    fail(Code::shape_mismatch, "weights ", inputs[1], " have another number of axes than images ",
         inputs[0]);
  }
  const Shape shape = convolution_transpose_shape(attributes, inputs[0].shape[0], inputs[1].shape);
  const ConvolutionGeometry geometry = convolution_geometry(attributes, shape, inputs[1].shape);
  if (geometry.channels_out != inputs[0].shape.back()) {
    fail(Code::shape_mismatch, "images ", inputs[0], " do not fit weights ", inputs[1]);
  }
  expect_positions(inputs[0], geometry.axes, "images");
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> differentiate_convolution_transpose(const GradientRequest& r) {
  const Value images = r.inputs[0];
  const Value weights = r.inputs[1];
  const Value g = r.gradients[0];
  const Attributes attributes = convolution_attributes(r.attributes);
  Attributes for_weights = attributes;
  for_weights.set("kernel",
                  std::vector<int64_t>(weights.shape().begin(), weights.shape().end() - 2));
  return {r.graph.apply(convolution_operator(), {g, weights}, attributes)[0],
          r.graph.apply(convolution_weight_gradient_operator(), {g, images}, for_weights)[0]};
}

}  // namespace

const Operator& convolution_transpose_operator() {
  static const Operator op{.name = "convolution_transpose",
                           .infer = infer_convolution_transpose,
                           .gradient = differentiate_convolution_transpose};
  return op;
}

Value convolution_transpose(Value images, Value weights, const Window& window,
                            const std::vector<int64_t>& output_padding, int64_t groups) {
  const int spatial_axes = images.shape().rank() - 2;
  Attributes attributes = window_attributes(window, spatial_axes);
  const Attributes more = window_attributes({.padding_after = output_padding}, spatial_axes);
  std::vector<int64_t> extents;
  for (int i = 0; i < spatial_axes; ++i) {
    const size_t axis = static_cast<size_t>(i);
    const auto number = [&](const char* name) { return attributes.integers(name)[axis]; };
    const int64_t added = more.integers("after")[axis];
    if (added < 0 || added >= number("stride")) {
      fail(Code::out_of_range, "operator 'convolution_transpose': output padding of ", added,
           " with a stride of ", number("stride"));
    }
    // A product that overflows gives an extent that does not fit, which the shape rule refuses.
    const auto times = [](int64_t a, int64_t b) {
      return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    };
    const int64_t kernel = weights.shape().rank() > i ? weights.shape()[i] : 1;
    extents.push_back(times(images.shape()[i + 1] - 1, number("stride")) +
                      times(number("dilation"), kernel - 1) + 1 - number("before") -
                      number("after") + added);
  }
  attributes.set("extents", extents);
  attributes.set("groups", groups);
  return images.graph().apply(convolution_transpose_operator(), {images, weights}, attributes)[0];
}

}  // namespace castalia
