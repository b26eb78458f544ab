// A kink at zero: with linear layers between, a piecewise linear flow without conditioners.
#include <cmath>

#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"

namespace castalia {
namespace {

class LeakyRelu final : public Bijection {
 public:
  explicit LeakyRelu(double slope) : slope_(slope) {}

  Mapped forward(Trace&, Value x, Value) const override {
    return {leaky_relu(x, slope_), below_zero(x) * std::log(slope_)};
  }

  Mapped inverse(Trace&, Value y, Value) const override {
    return {leaky_relu(y, 1 / slope_), below_zero(y) * -std::log(slope_)};
  }

 private:
  // How many features of a row are scaled.
  static Value below_zero(Value x) {
    return row_total(less_equal(x, x.graph().scalar(0.0, x.dtype())));
  }

  double slope_;
};

}  // namespace

const BijectionKind& leaky_relu_bijection() {
  static const BijectionKind kind{
      .name = "leaky_relu",
      .summary = "scales what is negative by a fixed slope",
      .fields = {{.name = "slope",
                  .type = FieldType::real,
                  .default_value = "0.5",
                  .meaning = "of the negative side",
                  .least = 0.01,
                  .greatest = 1}},
      .make = [](const std::string&, const FieldValues& values,
                 const BijectionPlace&) -> std::unique_ptr<const Bijection> {
        return std::make_unique<LeakyRelu>(values.real("slope"));
      },
      .examples = {{.features = 1}, {.settings = R"({"slope": 0.3})", .features = 3}},
  };
  return kind;
}

}  // namespace castalia
