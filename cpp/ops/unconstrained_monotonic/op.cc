#include "cpp/ops/unconstrained_monotonic/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<Value> define_unconstrained_monotonic(Graph& graph, std::span<const Value> inputs,
                                                  const Attributes& attributes) {
  const UnconstrainedMonotonicOptions options = unconstrained_monotonic_options(attributes);
  const Value x = inputs[0];
  const int64_t units = options.units;
  const RawParameters raw(inputs[1], x.columns());
  const double largest = kLargestLogScale / 2;
  const auto by_unit = [&](Value numbers) {
    return reshape(numbers, Shape{x.rows(), x.columns(), units, 1});
  };
  const Value weights = by_unit(softly_limited(raw.some(0, units), largest / units));
  const Value slopes =
      by_unit(softly_limited(raw.some(units, units), kUnitSlopeRange) + kUnitSlope);
  const Value offsets = by_unit(softly_limited(raw.some(2 * units, units), kUnitOffsetRange) +
                                starts_of_members(graph, x.dtype(), units, -kUnitSlope));
  const Value shift = raw.one(3 * units);
  const Value scale = as_members(softly_limited(raw.one(3 * units + 1), largest));
  // At places (rows, features, 1, n): (rows, features, n).
  const auto log_derivative = [&](Value places) {
    return sum(weights * tanh(slopes * places + offsets), {2}, false) + scale;
  };
  const ContinuedCurve curve(x, options.lower, options.upper);
  const Quadrature rule = clenshaw_curtis(static_cast<int>(options.nodes));
  const Value here =
      without_members(log_derivative(reshape(curve.place(), Shape{x.rows(), x.columns(), 1, 1})));
  return curve.results(rule, exp(log_derivative(curve.places(rule))), exp(here), here, shift);
}

}  // namespace

UnconstrainedMonotonicOptions unconstrained_monotonic_options(const Attributes& attributes) {
  return {.units = attributes.integer("units"),
          .nodes = attributes.integer("nodes"),
          .lower = attributes.real("lower"),
          .upper = attributes.real("upper")};
}

Attributes UnconstrainedMonotonicOptions::attributes() const {
  return {{"units", units}, {"nodes", nodes}, {"lower", lower}, {"upper", upper}};
}

int64_t unconstrained_monotonic_parameters(const UnconstrainedMonotonicOptions& options) {
  return 3 * options.units + 2;
}

const Operator& unconstrained_monotonic_operator() {
  static const Operator op{
      .name = "unconstrained_monotonic",
      .infer =
          [](std::span<const TensorType> inputs, const Attributes& attributes) {
            const UnconstrainedMonotonicOptions options =
                unconstrained_monotonic_options(attributes);
            expect_at_least("units", options.units, 1);
            expect_at_least("nodes", options.nodes, 2);
            if (options.nodes % 2 != 0) fail(Code::out_of_range, "nodes is odd: ", options.nodes);
            return infer_monotone(inputs, unconstrained_monotonic_parameters(options));
          },
      .define = define_unconstrained_monotonic};
  return op;
}

}  // namespace castalia
