#include "cpp/ops/quadratic_spline_inverse/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/quadratic_knots.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<Value> define_quadratic_spline_inverse(Graph&, std::span<const Value> inputs,
                                                   const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value y = clipped(inputs[0], options);
  const QuadraticBin bin = QuadraticKnots(inputs[1], y.columns(), options).bin(y, true);
  // With g = (y - bottom) / height the squared density is linear in g, so the quadratic equation is
  // solved without cancellation.
  const Value both = bin.density_left + bin.density_right;
  const Value height = bin.width * both * 0.5;
  const Value g = clipped_to_unit((y - bin.bottom) / height);
  const Value squared_density =
      square(bin.density_left) * (1.0 - g) + square(bin.density_right) * g;
  const Value place = both * g / (bin.density_left + sqrt(squared_density));
  return with_tails(inputs[0], bin.left + place * bin.width, log(squared_density) * -0.5, options);
}

}  // namespace

const Operator& quadratic_spline_inverse_operator() {
  static const Operator op{.name = "quadratic_spline_inverse",
                           .infer = quadratic_spline_operator().infer,
                           .define = define_quadratic_spline_inverse};
  return op;
}

Spline quadratic_spline_inverse(Value y, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      y.graph().apply(quadratic_spline_inverse_operator(), {y, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
