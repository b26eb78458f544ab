// Scales and shifts each feature (Glow, arXiv:1807.03039). What Glow takes from its first batch,
// centre and spread, the preprocessing has taken from all data; so the layer starts as the
// identity.
#include "cpp/prob/bijection.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

class ActNorm final : public Bijection {
 public:
  Mapped forward(Trace& trace, Value x, Value) const override {
    const auto [log_scale, shift] = parameters(trace, x.columns());
    return {x * exp(log_scale) + shift, for_each_row(row_total(log_scale), x)};
  }

  Mapped inverse(Trace& trace, Value y, Value) const override {
    const auto [log_scale, shift] = parameters(trace, y.columns());
    return {(y - shift) * exp(negate(log_scale)), for_each_row(negate(row_total(log_scale)), y)};
  }

 private:
  struct Parameters {
    Value log_scale;
    Value shift;
  };
  static Parameters parameters(Trace& trace, int64_t features) {
    return {trace.parameter("log_scale", {1, features}, Initializer::zeros),
            trace.parameter("shift", {1, features}, Initializer::zeros)};
  }
};

}  // namespace

const BijectionKind& act_norm_bijection() {
  static const BijectionKind kind{
      .name = "act_norm",
      .summary = "scales and shifts each feature",
      .references = {"1807.03039"},
      .make = [](const std::string&, const FieldValues&, const BijectionPlace&)
          -> std::unique_ptr<const Bijection> { return std::make_unique<ActNorm>(); },
      .examples = {{.features = 1}, {.features = 3}},
  };
  return kind;
}

}  // namespace castalia
