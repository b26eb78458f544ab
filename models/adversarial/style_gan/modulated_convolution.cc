#include "models/adversarial/style_gan/modulated_convolution.h"

#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kLeastNorm2 = 1e-8;

// (rows, channels), the same at every place of images.
Value times_rows(Value images, Value factors) {
  Shape shape = images.shape();
  for (int axis = 1; axis + 1 < shape.rank(); ++axis) shape[axis] = 1;
  return images * reshape(factors, shape);
}

}  // namespace

Value modulated_convolution(Trace& trace, const std::string& name, Value images, Value style,
                            const ModulatedConvolutionOptions& options) {
  const Trace::Part part(trace, name);
  const int64_t inputs = images.columns();
  Shape shape;
  for (int axis = 1; axis + 1 < images.shape().rank(); ++axis) shape.push_back(options.kernel);
  const int64_t taps = shape.count();
  shape.push_back(inputs);
  shape.push_back(options.channels);
  const Value weight = trace.parameter("weight", shape, Initializer::he_uniform);
  const Value scales = 1.0 + linear(trace, "style", style, inputs);
  const Value result =
      convolution(times_rows(images, scales), weight, Window::padded({options.kernel / 2}));
  if (!options.demodulates) return result;
  const Value squares =
      sum(square(reshape(weight, Shape{taps, inputs, options.channels})), {0}, false);
  const Value norms2 = matmul(square(scales), squares);
  return times_rows(result, reciprocal(sqrt(norms2 + kLeastNorm2)));
}

}  // namespace castalia
