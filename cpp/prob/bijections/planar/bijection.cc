// The planar flow (arXiv:1505.05770): moves along one direction u by a function of the projection
// on another, w:  y = x + u tanh(w x + b).
//
// It is invertible where w u > -1. So u is shifted along w (appendix A.1 there) until w u is
// above -0.99; a shift of zero stays zero, and the layer starts as the identity. The inverse needs
// the projection s = w x + b alone, which solves s + (w u) tanh(s) = w y + b.
#include "cpp/prob/bijection.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijections/monotone_root.h"
#include "cpp/prob/bijections/positive.h"

namespace castalia {
namespace {

// Directions shorter than this are taken to be this long when they are divided by.
constexpr double kSmallestSquare = 1e-12;

class Planar final : public Bijection {
 public:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Parameters p = parameters(trace, x.columns(), context);
    const Value h = tanh(projection(p, x));
    return {x + p.u * h, log_det(p, h)};
  }

  Mapped inverse(Trace& trace, Value y, Value context) const override {
    const Parameters p = parameters(trace, y.columns(), context);
    const Value h = tanh(tanh_root(projection(p, y), p.product));
    return {y - p.u * h, negate(log_det(p, h))};
  }

 private:
  // Of all rows (1, ...) or of each (rows, ...).
  struct Parameters {
    Value w;        // (1, features)
    Value u;        // (rows, features), so that the map is invertible
    Value bias;     // (rows, 1)
    Value product;  // (rows, 1), w u
  };

  static Parameters parameters(Trace& trace, int64_t features, Value context) {
    const Value w = trace.parameter("w", {1, features}, Initializer::glorot_uniform);
    Value free = trace.parameter("u_and_bias", {1, features + 1}, Initializer::zeros);
    if (context) {
      free = free + linear(trace, "context", context, features + 1, Initializer::zeros);
    }
    const Value u = slice(free, 1, 0, features);
    const Value product = sum(w * u, {1}, true);
    const Value shift = positive(product) - 1.0 - product;
    const Value square_of_w = sum(square(w), {1}, true);
    const Value divisor =
        maximum(square_of_w, trace.graph().scalar(kSmallestSquare, trace.dtype()));
    return {w, u + shift * (w / divisor), slice(free, 1, features, features + 1),
            product + shift * (square_of_w / divisor)};
  }

  static Value projection(const Parameters& p, Value x) { return sum(p.w * x, {1}, true) + p.bias; }

  static Value log_det(const Parameters& p, Value h) {
    const Value wide = cast(h, DType::float64);
    return log1p(cast(p.product, DType::float64) * ((1.0 - wide) * (1.0 + wide)));
  }
};

}  // namespace

const BijectionKind& planar_bijection() {
  static const BijectionKind kind{
      .name = "planar",
      .summary = "moves along one direction by a function of the projection on another",
      .references = {"1505.05770"},
      .conditional = true,
      .analytic_inverse = false,
      .make = [](const std::string&, const FieldValues&, const BijectionPlace&)
          -> std::unique_ptr<const Bijection> { return std::make_unique<Planar>(); },
      .examples = {{.features = 1}, {.features = 3}, {.features = 2, .context_features = 2}},
  };
  return kind;
}

}  // namespace castalia
