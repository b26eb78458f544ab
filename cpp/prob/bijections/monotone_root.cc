#include "cpp/prob/bijections/monotone_root.h"

#include "cpp/autodiff/custom_gradient.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// Far from the root a step of Newton's method gains a constant factor (2/3 in the flat part of
// t - 0.99 tanh t) or length (1/2 in the tail of a large slope's tanh), near it the digits double:
// this many are more than the worst slopes take in float64.
constexpr int kSteps = 24;

}  // namespace

// For a positive value the function f(t) = t + slope tanh(t) - value bends one way where t > 0:
// down for a positive slope, up for a negative one. From the side on which f has the sign of its
// bend Newton's method then moves to the root without passing it. Such a start is the end of the
// bracket that follows from 0 <= tanh(t) <= min(t, 1), for either sign of the slope.
Value tanh_root(Value value, Value slope) {
  Graph& graph = value.graph();
  const Value zero = graph.scalar(0.0, value.dtype());
  const Value size = abs(value);
  const Value by_limit = size - slope;
  const Value by_slope = size / (1.0 + slope);
  Value t = select(less(slope, zero), minimum(by_limit, by_slope), maximum(by_limit, by_slope));
  for (int step = 0; step < kSteps; ++step) {
    const Value h = tanh(t);
    t = t - (t + slope * h - size) / (1.0 + slope * ((1.0 - h) * (1.0 + h)));
  }
  const Value found = select(less(value, zero), negate(t), t);
  const Value given[] = {value, slope};
  return implicit_root(found, given, [&](Value root) { return root + slope * tanh(root) - value; });
}

}  // namespace castalia
