// Masked and inverse autoregressive flows, arXiv:1705.07057 and arXiv:1606.04934, with any
// transformer.
#include "cpp/nn/stages.h"
#include "models/catalogue.h"
#include "models/flow/autoregressive_layers.h"
#include "models/flow/distillation.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

class AutoregressiveFlow final : public FlowNetwork, public Distillable {
 public:
  explicit AutoregressiveFlow(const Specification& s)
      : FlowNetwork(s),
        layers_(options_of(s), make_transformer("autoregressive_flow", s, domain())) {}

  bool sample_is_differentiable() const override {
    return FlowNetwork::sample_is_differentiable() && layers_.backward_is_differentiable();
  }

  Value loss(Trace& trace, Value x, Value context) override {
    layers_.require_trainable("autoregressive_flow");
    return FlowNetwork::loss(trace, x, context);
  }

  Lesson lesson(Trace& trace, Value x, Value context) const override {
    return {.y = prepared(trace, x), .condition = prepared_context(trace, context), .loss = {}};
  }
  AutoregressiveLayers::Path path(Trace& trace, Value start, Value condition) const override {
    return layers_.path(trace, start, condition);
  }
  Value draw_latent(Trace& trace, int64_t rows) const override {
    return base_is_learned() ? Value() : base_sample(trace, rows, {}, kLatentStage);
  }
  Value latent_log_prob(Trace& trace, Value z) const override {
    return base_log_prob(trace, z, {});
  }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    return layers_.forward(trace, x, context);
  }
  Mapped backward(Trace& trace, Value z, Value context) const override {
    return layers_.backward(trace, z, context);
  }

 private:
  static AutoregressiveLayersOptions options_of(const Specification& s) {
    AutoregressiveLayersOptions options = autoregressive_layers_options(s, s.integer("features"));
    options.inverse = s.text("direction") == "inverse";
    options.inverted = s.boolean("inverted");
    options.network.context_activation = s.boolean("context_activation");
    return options;
  }

  AutoregressiveLayers layers_;
};

std::vector<Field> autoregressive_fields() {
  std::vector<Field> own = {
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "5",
       .meaning = "autoregressive layers",
       .least = 1,
       .greatest = 256},
      order_field("the features in a layer relative to the one before"),
      {.name = "direction",
       .type = FieldType::text,
       .default_value = R"("forward")",
       .meaning = "what the networks see: 'forward' the data (MAF), so that densities are computed "
                  "at once, 'inverse' the latent variables (IAF), so that samples are; the other "
                  "direction takes one pass, too, feature by feature",
       .choices = {"forward", "inverse"}},
      {.name = "inverted",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "the transformers act in their inverse direction: an inverse flow that a forward "
                  "one teaches then has parameters of the same meaning"},
      degrees_field("features the hidden units"),
      {.name = "context_activation",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "the context passes the activation before it joins the first hidden layer"}};
  for (Field& each : conditioned_fields("rational_quadratic_spline")) {
    own.push_back(std::move(each));
  }
  return flow_fields(std::move(own));
}

}  // namespace

const Architecture& autoregressive_flow_architecture() {
  static const Architecture architecture{
      .name = "autoregressive_flow",
      .family = "flow",
      .summary = "masked or inverse autoregressive flow",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. Each layer maps every feature by a transformer whose "
          "parameters a masked network computes from the features before it and the context. Both "
          "directions cost about one pass through the network: the slow one computes each hidden "
          "unit once, when the features that it sees are known.",
      .fields = autoregressive_fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"1705.07057", "1606.04934", "1502.03509"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<AutoregressiveFlow>(specification);
      },
      .examples = {R"({"features": 3, "layers": 3, "hidden": 16})",
                   R"({"features": 2, "context_features": 2, "layers": 2, "hidden": 8,
                       "order": "random", "activation": "silu", "bins": 5,
                       "degrees": "cyclic", "context_activation": true})",
                   R"({"features": 3, "context_features": 1, "layers": 2, "hidden": 9,
                       "hidden_layers": 1, "direction": "inverse", "activation": "elu"})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "direction": "inverse",
                       "inverted": true})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "tails": "none",
                       "base": "uniform", "order": "none"})",
                   R"({"features": 20, "layers": 2, "hidden": 30, "transformer": "cubic_spline"})"},
  };
  return architecture;
}

}  // namespace castalia
