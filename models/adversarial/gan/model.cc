// Generative adversarial networks of dense layers (arXiv:1406.2661).
#include "cpp/base/status.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/minibatch.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/adversarial_network.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

ConditionedMlpOptions side_options(const Specification& s, const std::string& prefix) {
  return {.hidden = s.integer(prefix + "hidden"),
          .hidden_layers = s.integer(prefix + "layers"),
          .activation = s.text(prefix + "activation"),
          .conditioning = s.text("conditioning")};
}

class Gan final : public AdversarialNetwork {
 public:
  explicit Gan(const Specification& s)
      : AdversarialNetwork(s),
        generator_(side_options(s, "generator_")),
        critic_(side_options(s, "critic_")),
        minibatch_features_(s.integer("minibatch_features")),
        auxiliary_weight_(s.real("auxiliary_weight")) {
    critic_.spectral = s.boolean("spectral");
    // Only a score can be projected.
    if (generator_.conditioning == "projection") generator_.conditioning = "concatenate";
    const auto needs_context = [&](const char* field, bool set) {
      if (!set || context_features() > 0) return;
      fail(Code::invalid_argument, "gan.", field, " is set, but context_features is 0");
    };
    needs_context("auxiliary_weight", auxiliary_weight_ > 0);
    needs_context("conditioning", critic_.conditioning != "concatenate");
    if (auxiliary_weight_ > 0 && critic_.conditioning != "concatenate") {
      fail(Code::invalid_argument,
           "gan.auxiliary_weight asks the critic for the context, which gan.conditioning = '",
           critic_.conditioning, "' would tell it");
    }
  }

 private:
  Value generate(Trace& trace, Value latent, Value context) const override {
    const Value hidden = conditioned_hidden(trace, latent, context, generator_);
    return linear(trace, "output", hidden, features());
  }

  Criticism criticise(Trace& trace, Value events, Value context) const override {
    const auto layer = [&](const char* name, Value in, int64_t outputs) {
      return critic_.spectral ? spectral_linear(trace, name, in, outputs)
                              : linear(trace, name, in, outputs);
    };
    // A critic that is to estimate the context is not told it.
    const bool estimates = auxiliary_weight_ > 0;
    const bool projects = context && critic_.conditioning == "projection";
    Value hidden = conditioned_hidden(trace, events, estimates || projects ? Value() : context,
                                      critic_);
    Criticism criticism;
    if (estimates) criticism.estimate = layer("estimate", hidden, context_features());
    if (minibatch_features_ > 0) {
      hidden = concat({hidden, minibatch_features(trace, hidden, minibatch_features_)}, 1);
    }
    criticism.score = layer("score", hidden, 1);
    if (projects) criticism.score = criticism.score + projected(trace, hidden, context, critic_);
    return criticism;
  }

  double auxiliary_weight() const override { return auxiliary_weight_; }

  ConditionedMlpOptions generator_;
  ConditionedMlpOptions critic_;
  int64_t minibatch_features_;
  double auxiliary_weight_;
};

std::vector<Field> side_fields(const std::string& side) {
  return {{.name = side + "_hidden",
           .type = FieldType::integer,
           .default_value = "256",
           .meaning = "units in each hidden layer of the " + side,
           .least = 1,
           .greatest = 65536},
          {.name = side + "_layers",
           .type = FieldType::integer,
           .default_value = "3",
           .meaning = "hidden layers of the " + side,
           .least = 1,
           .greatest = 64},
          {.name = side + "_activation",
           .type = FieldType::text,
           .default_value = R"("leaky_relu")",
           .meaning = "what follows each of them",
           .choices = {activation_names().begin(), activation_names().end()}}};
}

std::vector<Field> own_fields() {
  std::vector<Field> fields = side_fields("generator");
  for (Field& each : side_fields("critic")) fields.push_back(std::move(each));
  const std::vector<Field> more = {
      {.name = "conditioning",
       .type = FieldType::text,
       .default_value = R"("concatenate")",
       .meaning = "how both come to know the context: beside what they read (concatenate; arXiv "
                  "1411.1784), its linear map there (embedding), scaling and shifting their layers "
                  "(film; 1709.07871), or multiplied with the critic's last layer (projection; "
                  "1802.05637)",
       .choices = conditioning_names()},
      {.name = "spectral",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "the critic's weights are divided by their largest singular value (1802.05957)"},
      {.name = "minibatch_features",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "minibatch discrimination: so many measures of how close an event is to the "
                  "others of its batch are given to the critic (1606.03498)",
       .least = 0,
       .greatest = 4096},
      {.name = "auxiliary_weight",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "auxiliary regressor: the critic is not told the context but estimates it, and "
                  "the squared errors count so much in both losses (1610.09585)",
       .least = 0,
       .greatest = 1e6},
  };
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

}  // namespace

const Architecture& gan_architecture() {
  static const Architecture architecture = {
      .name = "gan",
      .family = "adversarial",
      .summary = "generative adversarial network of dense layers",
      .description =
          "A generator turns random numbers into events, and a critic learns to tell them from "
          "true ones: any columns, with or without a context. The training fields adversarial_loss "
          "and regularisers make it a Wasserstein GAN with gradient penalty, a least-squares GAN, "
          "and so on. It samples in one pass and has no density.",
      .fields = adversarial_fields(own_fields()),
      .capabilities = {Capability::sample},
      .references = {"1406.2661", "1411.1784", "1610.09585", "1606.03498", "1802.05957"},
      .build = [](const Specification& s) { return std::make_unique<Gan>(s); },
      .examples =
          {
              R"({"features": 2, "latent": 4, "generator_hidden": 16, "generator_layers": 2,
                  "critic_hidden": 16, "critic_layers": 2})",
              R"({"features": 3, "context_features": 1, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 1, "critic_hidden": 12, "critic_layers": 2,
                  "conditioning": "film", "latent_distribution": "uniform", "spectral": true})",
              R"({"features": 2, "context_features": 2, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 1,
                  "conditioning": "projection", "minibatch_features": 3,
                  "preprocessing": ["standardise", "none"]})",
              R"({"features": 2, "context_features": 2, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 2,
                  "auxiliary_weight": 0.5, "generator_activation": "silu"})",
              R"({"features": 2, "context_features": 1, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 2,
                  "conditioning": "embedding"})",
          },
  };
  return architecture;
}

}  // namespace castalia
