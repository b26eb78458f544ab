#include "models/adversarial/dense_network.h"

#include "cpp/base/status.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/minibatch.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"

namespace castalia {
ConditionedMlpOptions dense_side_options(const Specification& s, const std::string& side) {
  return {.hidden = s.integer(side + "_hidden"),
          .hidden_layers = s.integer(side + "_layers"),
          .activation = s.text(side + "_activation")};
}

std::vector<Field> dense_side_fields(const std::string& side) {
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

DenseAdversarialNetwork::DenseAdversarialNetwork(const Specification& s)
    : AdversarialNetwork(s),
      generator_(dense_side_options(s, "generator")),
      critic_(dense_side_options(s, "critic")),
      minibatch_features_(s.integer("minibatch_features")),
      auxiliary_weight_(s.real("auxiliary_weight")) {
  generator_.conditioning = critic_.conditioning = s.text("conditioning");
  critic_.spectral = s.boolean("spectral");
  // Only a score can be projected.
  if (generator_.conditioning == "projection") generator_.conditioning = "concatenate";
  const auto needs_context = [&](const char* field, bool set) {
    if (!set || context_features() > 0) return;
    fail(Code::invalid_argument, s.architecture().name, ".", field,
         " is set, but context_features is 0");
  };
  needs_context("auxiliary_weight", auxiliary_weight_ > 0);
  needs_context("conditioning", critic_.conditioning != "concatenate");
  if (auxiliary_weight_ > 0 && critic_.conditioning != "concatenate") {
    fail(Code::invalid_argument, s.architecture().name,
         ": auxiliary_weight asks the critic for the context, which "
         "conditioning = '",
         critic_.conditioning, "' would tell it");
  }
}

Value DenseAdversarialNetwork::generate(Trace& trace, Value latent, Value context) const {
  const Value hidden = conditioned_hidden(trace, latent, context, generator_);
  return linear(trace, "output", hidden, features());
}

AdversarialNetwork::Criticism DenseAdversarialNetwork::criticise(Trace& trace, Value events,
                                                                 Value context) const {
  // A critic that is to estimate the context is not told it.
  const bool estimates = auxiliary_weight_ > 0;
  const bool projects = context && critic_.conditioning == "projection";
  Value hidden =
      conditioned_hidden(trace, events, estimates || projects ? Value() : context, critic_);
  Criticism criticism;
  if (estimates) {
    criticism.estimate =
        conditioned_linear(trace, "estimate", hidden, prepared_context_features(), critic_);
  }
  if (minibatch_features_ > 0) {
    hidden = concat({hidden, minibatch_features(trace, hidden, minibatch_features_)}, 1);
  }
  criticism.score = conditioned_linear(trace, "score", hidden, 1, critic_);
  if (projects) criticism.score = criticism.score + projected(trace, hidden, context, critic_);
  return criticism;
}

std::vector<Field> dense_fields(std::vector<Field> own) {
  std::vector<Field> fields = dense_side_fields("generator");
  for (Field& each : dense_side_fields("critic")) fields.push_back(std::move(each));
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
       .meaning = "the critic is not told the context but estimates it, and its errors count so "
                  "much in both losses: squares for numbers, the cross entropy for a class "
                  "(1610.09585)",
       .least = 0,
       .greatest = 1e6},
  };
  fields.insert(fields.end(), more.begin(), more.end());
  fields.insert(fields.end(), own.begin(), own.end());
  return adversarial_fields(std::move(fields));
}

}  // namespace castalia
