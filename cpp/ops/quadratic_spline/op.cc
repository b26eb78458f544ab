#include "cpp/ops/quadratic_spline/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/quadratic_knots.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_quadratic_spline(std::span<const TensorType> inputs,
                                               const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  return infer_spline(inputs, options, quadratic_spline_parameters(options));
}

std::vector<Value> define_quadratic_spline(Graph&, std::span<const Value> inputs,
                                           const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value x = clipped(inputs[0], options);
  const QuadraticBin bin = QuadraticKnots(inputs[1], x.columns(), options).bin(x, false);
  const Value place = clipped_to_unit((x - bin.left) / bin.width);
  const Value rise = bin.density_right - bin.density_left;
  const Value y = bin.bottom + bin.width * place * (bin.density_left + rise * place * 0.5);
  // A mean of the two densities: of one sign, whatever the rise.
  const Value density = bin.density_left * (1.0 - place) + bin.density_right * place;
  return with_tails(inputs[0], y, log(density), options);
}

}  // namespace

const Operator& quadratic_spline_operator() {
  static const Operator op{.name = "quadratic_spline",
                           .infer = infer_quadratic_spline,
                           .define = define_quadratic_spline};
  return op;
}

int64_t quadratic_spline_parameters(const SplineOptions& options) {
  return options.tails == "linear" ? 2 * options.bins - 1 : 2 * options.bins + 1;
}

Spline quadratic_spline(Value x, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      x.graph().apply(quadratic_spline_operator(), {x, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
