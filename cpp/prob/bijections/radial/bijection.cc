// The radial flow (arXiv:1505.05770): moves points away from a centre or towards it by an amount
// that falls with the distance r,  y = x + beta / (alpha + r) (x - centre).
//
// It is invertible where beta > -alpha: so beta / alpha + 1 is kept above 0.01, and 1 is the
// identity. The distance before solves r^2 + (alpha + beta - r') r = alpha r', a quadratic in r for
// the distance r' after.
#include "cpp/prob/bijection.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijections/positive.h"

namespace castalia {
namespace {

class Radial final : public Bijection {
 public:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Parameters p = parameters(trace, x.columns(), context);
    const Value difference = x - p.centre;
    const Value r = length(difference);
    return {x + difference * (p.beta / (p.alpha + r)), log_det(p, r, x.columns())};
  }

  Mapped inverse(Trace& trace, Value y, Value context) const override {
    const Parameters p = parameters(trace, y.columns(), context);
    const Value difference = y - p.centre;
    const Value r = distance_before(p, length(difference));
    const Value share = (p.alpha + r) / (p.alpha + p.beta + r);
    return {p.centre + difference * share, negate(log_det(p, r, y.columns()))};
  }

 private:
  // Of all rows (1, ...) or of each (rows, ...).
  struct Parameters {
    Value centre;  // (rows, features)
    Value alpha;   // (rows, 1), positive
    Value beta;    // (rows, 1), above -alpha
  };

  static Parameters parameters(Trace& trace, int64_t features, Value context) {
    const Value centre = trace.parameter("centre", {1, features}, Initializer::glorot_uniform);
    const Value sizes = trace.parameter("sizes", {1, 2}, Initializer::zeros);
    Value free = concat({centre, sizes}, 1);
    if (context) {
      free = free + linear(trace, "context", context, features + 2, Initializer::zeros);
    }
    const Value alpha = exp(slice(free, 1, features, features + 1));
    const Value derivative_at_centre = positive(slice(free, 1, features + 1, features + 2));
    return {slice(free, 1, 0, features), alpha, alpha * (derivative_at_centre - 1.0)};
  }

  // Scaled before it is squared. The scale is a constant to the gradient: it cancels.
  static Value length(Value difference) {
    const Value zero = difference.graph().scalar(0.0, difference.dtype());
    const Value one = difference.graph().scalar(1.0, difference.dtype());
    const Value largest = stop_gradient(max(abs(difference), 1));
    const Value scale = select(less(zero, largest), largest, one);
    return scale * norm(difference / scale, {1});
  }

  // By the form of the root that has no cancellation, for either sign of the linear term.
  static Value distance_before(const Parameters& p, Value after) {
    const Value half = 0.5 * (p.alpha + p.beta - after);
    const Value scale = p.alpha + abs(p.beta) + after;
    const Value root = scale * sqrt(square(half / scale) + (p.alpha / scale) * (after / scale));
    const Value zero = after.graph().scalar(0.0, after.dtype());
    const Value falls = less(half, zero);
    // Where the other form is taken there must be no division by zero here: it has a gradient.
    const Value divisor = select(falls, scale, half + root);
    return select(falls, root - half, p.alpha * (after / divisor));
  }

  // One factor along the radius, and one for each direction across it.
  static Value log_det(const Parameters& p, Value r, int64_t features) {
    const Value alpha = cast(p.alpha, DType::float64);
    const Value beta = cast(p.beta, DType::float64);
    const Value sum = alpha + cast(r, DType::float64);
    const Value along = log1p((alpha / sum) * (beta / sum));
    return along + static_cast<double>(features - 1) * log1p(beta / sum);
  }
};

}  // namespace

const BijectionKind& radial_bijection() {
  static const BijectionKind kind{
      .name = "radial",
      .summary = "moves away from a centre or towards it by an amount that falls with the distance",
      .references = {"1505.05770"},
      .conditional = true,
      .make = [](const std::string&, const FieldValues&, const BijectionPlace&)
          -> std::unique_ptr<const Bijection> { return std::make_unique<Radial>(); },
      .examples = {{.features = 1}, {.features = 3}, {.features = 2, .context_features = 2}},
  };
  return kind;
}

}  // namespace castalia
