#include "cpp/ops/rational_linear_spline_inverse/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/rational_linear_knots.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<Value> define_rational_linear_spline_inverse(Graph&, std::span<const Value> inputs,
                                                         const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value y = clipped(inputs[0], options);
  const RationalLinearBin bin = RationalLinearKnots(inputs[1], y.columns(), options).bin(y, true);
  const Value level = clipped_to_unit((y - bin.bottom) / bin.height);
  const RationalLinearPiece piece = bin.piece(less_equal(level, bin.middle_height));
  const Value share = clipped_to_unit((level - piece.bottom) / piece.height);
  const Value along =
      piece.weight_left * share / (piece.weight_right * (1.0 - share) + piece.weight_left * share);
  const Value x = bin.left + bin.width * (piece.start + piece.length * along);
  return with_tails(inputs[0], x, negate(bin.log_derivative(piece, along)), options);
}

}  // namespace

const Operator& rational_linear_spline_inverse_operator() {
  static const Operator op{.name = "rational_linear_spline_inverse",
                           .infer = rational_linear_spline_operator().infer,
                           .define = define_rational_linear_spline_inverse};
  return op;
}

Spline rational_linear_spline_inverse(Value y, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      y.graph().apply(rational_linear_spline_inverse_operator(), {y, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
