#include "cpp/ops/rational_linear_spline/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/rational_linear_knots.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_rational_linear_spline(std::span<const TensorType> inputs,
                                                     const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  return infer_spline(inputs, options, rational_linear_spline_parameters(options), true);
}

std::vector<Value> define_rational_linear_spline(Graph&, std::span<const Value> inputs,
                                                 const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value x = clipped(inputs[0], options);
  const RationalLinearBin bin = RationalLinearKnots(inputs[1], x.columns(), options).bin(x, false);
  const Value place = clipped_to_unit((x - bin.left) / bin.width);
  const RationalLinearPiece piece = bin.piece(less_equal(place, bin.middle));
  const Value along = clipped_to_unit((place - piece.start) / piece.length);
  const Value share = piece.weight_right * along / piece.denominator(along);
  const Value y = bin.bottom + bin.height * (piece.bottom + piece.height * share);
  return with_tails(inputs[0], y, bin.log_derivative(piece, along), options);
}

}  // namespace

const Operator& rational_linear_spline_operator() {
  static const Operator op{.name = "rational_linear_spline",
                           .infer = infer_rational_linear_spline,
                           .define = define_rational_linear_spline};
  return op;
}

int64_t rational_linear_spline_parameters(const SplineOptions& options) {
  return 3 * options.bins + free_derivatives(options);
}

Spline rational_linear_spline(Value x, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      x.graph().apply(rational_linear_spline_operator(), {x, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
