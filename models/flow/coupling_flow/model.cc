// A normalising flow of coupling layers, arXiv:1605.08803, arXiv:1906.04032.
#include "cpp/base/status.h"
#include "models/catalogue.h"
#include "models/flow/coupling_layers.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

class CouplingFlow final : public FlowNetwork {
 public:
  explicit CouplingFlow(const Specification& s)
      : FlowNetwork(s),
        layers_({.features = features(),
                 .layers = s.integer("layers"),
                 .permutation = s.text("permutation"),
                 .seed = s.seed(),
                 .conditioner = coupling_conditioner(s)},
                make_transformer("coupling_flow", s, domain())) {
    if (features() == 1 && context_features() == 0) {
      fail(Code::invalid_argument,
           "coupling_flow: features is 1 and context_features 0: a coupling needs a second feature "
           "or a context to be conditioned on");
    }
  }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    return layers_.forward(trace, x, context);
  }
  Mapped backward(Trace& trace, Value z, Value context) const override {
    return layers_.backward(trace, z, context);
  }

 private:
  CouplingLayers layers_;
};

std::vector<Field> fields() {
  std::vector<Field> own = {
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "8",
       .meaning = "coupling layers",
       .least = 1,
       .greatest = 256},
      {.name = "permutation",
       .type = FieldType::text,
       .default_value = R"("random")",
       .meaning =
           "division of the features between layers: 'random' draws one for every two layers, "
           "which swap its halves; 'reverse' swaps the halves of one division; 'none' maps "
           "the second half alone",
       .choices = {"random", "reverse", "none"}},
  };
  for (Field& each : conditioned_fields("rational_quadratic_spline")) {
    own.push_back(std::move(each));
  }
  own.push_back(coupling_conditioner_field());
  return flow_fields(std::move(own));
}

}  // namespace

const Architecture& coupling_flow_architecture() {
  static const Architecture architecture{
      .name = "coupling_flow",
      .family = "flow",
      .summary = "normalising flow of coupling layers, by splines or other transformers",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. Each layer maps the elements of one half of the features "
          "by a transformer whose parameters a network computes from the other half and the "
          "context: a rational-quadratic spline, or another map of those that `castalia models` "
          "lists, whose references they carry. Density and sampling both take one pass. With "
          "linear tails the data may lie anywhere; with tails 'none' they lie in a bounded domain, "
          "with tails 'circular' on a circle.",
      .fields = fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"1906.04032", "1605.08803"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<CouplingFlow>(specification);
      },
      .examples = {R"({"features": 3, "layers": 4, "hidden": 16})",
                   R"json({"features": 2, "context_features": 2, "layers": 3, "hidden": 8,
                       "permutation": "reverse", "activation": "silu", "bins": 5,
                       "preprocessing": ["log(12); standardise", "angle(0)"]})json",
                   R"({"features": 1, "context_features": 1, "layers": 2, "hidden": 8,
                       "hidden_layers": 1})",
                   R"({"features": 3, "context_features": 1, "layers": 2, "hidden": 8,
                       "hidden_layers": 1, "conditioner": "residual"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "tails": "none",
                       "base": "uniform"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "tails": "circular",
                       "base": "uniform", "bins": 4})",
                   R"({"features": 2, "layers": 10, "hidden": 32, "activation": "silu",
                       "transformer": "additive"})",
                   R"({"features": 3, "layers": 3, "hidden": 8, "transformer": "affine",
                       "affine_scale": "sigmoid"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "transformer": "cubic_spline"})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "transformer": "deep_sigmoid",
                       "sigmoids": 4})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "transformer": "linear_spline"})",
                   R"({"features": 2, "context_features": 1, "layers": 2, "hidden": 8,
                       "transformer": "logistic_mixture", "sigmoids": 4})",
                   R"({"features": 2, "layers": 3, "hidden": 8,
                       "transformer": "quadratic_spline"})",
                   R"({"features": 2, "layers": 3, "hidden": 8,
                       "transformer": "rational_linear_spline"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "transformer": "squared"})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "transformer": "sum_of_squares",
                       "polynomials": 2, "degree": 3})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "integrand_units": 4,
                       "transformer": "unconstrained_monotonic", "integrand_nodes": 24})"},
  };
  return architecture;
}

}  // namespace castalia
