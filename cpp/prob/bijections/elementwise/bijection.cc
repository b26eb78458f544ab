// A transformer of each feature by itself. Its parameters are learned, or, where there is a
// context, computed from that by a perceptron.
#include "cpp/prob/bijection.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/conditioner.h"

namespace castalia {
namespace {

class Elementwise final : public Bijection {
 public:
  Elementwise(Transformer transformer, const MlpOptions& conditioner)
      : transformer_(std::move(transformer)), conditioner_(conditioner) {}

  Mapped forward(Trace& trace, Value x, Value context) const override {
    const auto [value, derivatives] = transformer_.forward(x, parameters(trace, x, context));
    return {value, row_total(derivatives)};
  }

  Mapped inverse(Trace& trace, Value y, Value context) const override {
    const auto [value, derivatives] = transformer_.inverse(y, parameters(trace, y, context));
    return {value, row_total(derivatives)};
  }

 private:
  // (rows, features * parameters of the transformer)
  Value parameters(Trace& trace, Value x, Value context) const {
    return contextual_parameters(trace, conditioner_, x, context,
                                 x.columns() * transformer_.parameters());
  }

  Transformer transformer_;
  MlpOptions conditioner_;
};

std::vector<Field> elementwise_fields() {
  std::vector<Field> fields = transformer_fields("rational_quadratic_spline");
  for (Field& field : conditioner_fields()) fields.push_back(std::move(field));
  return fields;
}

}  // namespace

const BijectionKind& elementwise_bijection() {
  static const BijectionKind kind{
      .name = "elementwise",
      .summary = "maps each feature by a transformer, which may depend on the context",
      .references = {"1906.04032"},
      .fields = elementwise_fields(),
      .tails = {"linear", "none"},
      .conditional = true,
      .make = [](const std::string& owner, const FieldValues& values,
                 const BijectionPlace& place) -> std::unique_ptr<const Bijection> {
        return std::make_unique<Elementwise>(make_transformer(owner, values, place.domain),
                                             conditioner_options(values));
      },
      .examples = {{.settings = R"({"bins": 5})", .features = 2},
                   {.settings = R"({"transformer": "linear_spline", "bins": 4})",
                    .features = 2,
                    .tails = "none"},
                   {.settings = R"({"hidden": 8, "activation": "silu"})",
                    .features = 1,
                    .context_features = 2}},
  };
  return kind;
}

}  // namespace castalia
