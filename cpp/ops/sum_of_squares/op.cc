#include "cpp/ops/sum_of_squares/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// The mean square of the polynomials at places (rows, features, 1, n), floored: (rows, features,
// n), from coefficients (rows, features, polynomials, degree + 1).
Value derivative_of_sum_of_squares(Value places, Value coefficients,
                                   const SumOfSquaresOptions& options) {
  Value value;
  for (int64_t j = options.degree; j >= 0; --j) {
    const Value coefficient = slice(coefficients, 3, j, j + 1);
    value = value ? value * places + coefficient : coefficient;
  }
  const double rest = options.min_derivative;
  return (1 - rest) * mean(square(value), {2}, false) + rest;
}

std::vector<Value> define_sum_of_squares(Graph& graph, std::span<const Value> inputs,
                                         const Attributes& attributes) {
  const SumOfSquaresOptions options = sum_of_squares_options(attributes);
  const Value x = inputs[0];
  const RawParameters raw(inputs[1], x.columns());
  const int64_t members = options.polynomials;
  const int64_t length = options.degree + 1;
  std::vector<double> starts(static_cast<size_t>(members * length));
  for (int64_t k = 0; k < members; ++k) {
    starts[static_cast<size_t>(k * length)] = 1;
    starts[static_cast<size_t>(k * length + 1)] =
        start_of_member(static_cast<int>(k), static_cast<int>(members), kSlopeSpread);
  }
  const Value coefficients =
      reshape(limited(raw.some(0, members * length), kLargestCoefficient) +
                  graph.constant({1, 1, members * length}, x.dtype(), starts),
              Shape{x.rows(), x.columns(), members, length});
  const ContinuedCurve curve(x, options.lower, options.upper);
  const Quadrature rule = gauss_legendre(static_cast<int>(length));
  const Value here = reshape(curve.place(), Shape{x.rows(), x.columns(), 1, 1});
  const Value derivative =
      without_members(derivative_of_sum_of_squares(here, coefficients, options));
  return curve.results(rule,
                       derivative_of_sum_of_squares(curve.places(rule), coefficients, options),
                       derivative, log(derivative), raw.one(members * length));
}

}  // namespace

SumOfSquaresOptions sum_of_squares_options(const Attributes& attributes) {
  return {.polynomials = attributes.integer("polynomials"),
          .degree = attributes.integer("degree"),
          .min_derivative = attributes.real("min_derivative"),
          .lower = attributes.real("lower"),
          .upper = attributes.real("upper")};
}

Attributes SumOfSquaresOptions::attributes() const {
  return {{"polynomials", polynomials},
          {"degree", degree},
          {"min_derivative", min_derivative},
          {"lower", lower},
          {"upper", upper}};
}

int64_t sum_of_squares_parameters(const SumOfSquaresOptions& options) {
  return options.polynomials * (options.degree + 1) + 1;
}

const Operator& sum_of_squares_operator() {
  static const Operator op{
      .name = "sum_of_squares",
      .infer =
          [](std::span<const TensorType> inputs, const Attributes& attributes) {
            const SumOfSquaresOptions options = sum_of_squares_options(attributes);
            expect_at_least("polynomials", options.polynomials, 1);
            expect_at_least("degree", options.degree, 1);
            return infer_monotone(inputs, sum_of_squares_parameters(options));
          },
      .define = define_sum_of_squares};
  return op;
}

}  // namespace castalia
