// Classifiers whose response does not depend on a nuisance (arXiv:1611.01046).
#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/pivot/mixture_posterior.h"
#include "models/catalogue.h"
#include "models/preprocessed_network.h"

namespace castalia {
namespace {

MlpOptions mlp_options(const Specification& s, const std::string& prefix, int64_t outputs) {
  return {.hidden = s.integer(prefix + "hidden"),
          .hidden_layers = s.integer(prefix + "layers"),
          .outputs = outputs,
          .activation = s.text(prefix + "activation")};
}

// The classifier takes the place of a generator. No game is played: what the adversary minimises,
// the surprise at the nuisances, the classifier maximises beside its own loss.
class Pivot final : public PreprocessedNetwork, public Adversarial {
 public:
  explicit Pivot(const Specification& s)
      : PreprocessedNetwork(s, s.texts("preprocessing")),
        classifier_(mlp_options(s, "", 1)),
        components_(s.integer("components")),
        adversary_(mlp_options(s, "adversary_", mixture_description(components_, nuisances()))),
        weight_(s.real("adversary_weight")),
        of_background_(s.text("independent_in") == "background") {}

  bool can(Capability capability) const override { return capability == Capability::score; }
  bool reads_context(Capability) const override { return false; }
  Adversarial* adversarial() override { return this; }

  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    PreprocessedNetwork::check_rows(x, context, first_row);
    const auto width = static_cast<size_t>(context_features());
    for (size_t i = 0; i < context.size(); i += width) {
      if (context[i] >= 0 && context[i] <= 1) continue;
      fail(Code::out_of_range, "context row ", first_row + static_cast<int64_t>(i / width),
           ", column 0: the label is ", context[i], "; allowed: 0 (background) to 1 (signal)");
    }
  }

  // What it is to tell apart, and to be independent of.
  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    const auto width = static_cast<size_t>(context_features());
    for (size_t column = 0; column < std::min(width, context.size()); ++column) {
      bool varies = false;
      for (size_t i = column; i < context.size(); i += width) {
        varies = varies || context[i] != context[column];
      }
      if (!varies) {
        fail(Code::invalid_argument, "context column ", column, " is constant (", context[column],
             "): there is nothing to learn of it");
      }
    }
    PreprocessedNetwork::fit_preprocessing(x, context);
  }

  void declare(Trace& trace) override {
    const Value x = trace.graph().input("x", {trace.dtype(), {1, features()}});
    adversary(trace, classifier(trace, x));
  }

  Contest contest(Trace& trace, Value x, Value context) override {
    const Value logit = classifier(trace, prepared(trace, x));
    const Value label = slice(context, 1, 0, 1);
    const Value nuisances =
        slice(cast(prepared_context(trace, context), DType::float64), 1, 1, context_features());
    const Value found = cast(logit, DType::float64);
    const Value cross_entropy = label * softplus(negate(found)) + (1.0 - label) * softplus(found);
    Value surprise = mixture_surprise(adversary(trace, logit), nuisances, components_);
    if (of_background_) surprise = (1.0 - label) * surprise;
    Contest contest;
    contest.further.of_generator = cross_entropy - weight_ * surprise;
    contest.further.of_critic = surprise;
    return contest;
  }

  Value score(Trace& trace, Value x, Value) override {
    return sigmoid(cast(classifier(trace, prepared(trace, x)), DType::float64));
  }

 private:
  int64_t nuisances() const { return context_features() - 1; }

  // The logarithm of the odds, (rows, 1).
  Value classifier(Trace& trace, Value x) const {
    const Trace::Part part(trace, "classifier");
    return mlp(trace, x, classifier_);
  }
  // It reads the response on a scale on which responses near 0 and 1 differ, but which ends: the
  // classifier cannot run away from it.
  Value adversary(Trace& trace, Value logit) const {
    const Trace::Part part(trace, kCritic);
    return mlp(trace, tanh(0.25 * logit), adversary_);
  }

  MlpOptions classifier_;
  int64_t components_;
  MlpOptions adversary_;
  double weight_;
  bool of_background_;
};

std::vector<Field> network_fields(const std::string& prefix, const std::string& side,
                                  const char* activation) {
  return {{.name = prefix + "hidden",
           .type = FieldType::integer,
           .default_value = "64",
           .meaning = "units in each hidden layer of the " + side,
           .least = 1,
           .greatest = 65536},
          {.name = prefix + "layers",
           .type = FieldType::integer,
           .default_value = "3",
           .meaning = "hidden layers of the " + side,
           .least = 0,
           .greatest = 64},
          {.name = prefix + "activation",
           .type = FieldType::text,
           .default_value = activation,
           .meaning = "what follows each of them",
           .choices = {activation_names().begin(), activation_names().end()}}};
}

std::vector<Field> fields() {
  std::vector<Field> all = {
      {.name = "features",
       .type = FieldType::integer,
       .default_value = "",
       .meaning = "columns of the data",
       .least = 1,
       .greatest = 65536},
      {.name = "context_features",
       .type = FieldType::integer,
       .default_value = "2",
       .meaning = "columns that training reads beside the data: the label of the event, 1 for "
                  "signal and 0 for background or anything between, then the nuisances",
       .least = 2,
       .greatest = 1024},
      {.name = "adversary_weight",
       .type = FieldType::real,
       .default_value = "1",
       .meaning = "lambda: what the adversary's success weighs against the classifier's; 0 trains "
                  "a plain classifier beside an adversary that only looks on",
       .least = 0,
       .greatest = 1e6},
      {.name = "independent_in",
       .type = FieldType::text,
       .default_value = R"("all")",
       .meaning = "where the response shall not depend on the nuisances: in all events, or within "
                  "the background, as where the nuisance itself tells signal from background",
       .choices = {"all", "background"}},
      {.name = "components",
       .type = FieldType::integer,
       .default_value = "5",
       .meaning = "Gaussians in the mixture that the adversary believes the nuisances to follow",
       .least = 1,
       .greatest = 1024},
  };
  const auto append = [&all](std::vector<Field> more) {
    for (Field& each : more) all.push_back(std::move(each));
  };
  append(network_fields("", "classifier", R"("relu")"));
  append(network_fields("adversary_", "adversary", R"("relu")"));
  append(preprocessing_fields("standardise"));
  return with_common_fields(std::move(all));
}

}  // namespace

const Architecture& pivot_architecture() {
  static const Architecture architecture = {
      .name = "pivot",
      .family = "adversarial",
      .summary = "classifier whose response does not depend on a nuisance",
      .description =
          "A classifier learns to tell signal from background while an adversary learns to read "
          "off a nuisance, such as a mass or the energy scale, from the classifier's response: a "
          "mixture of Gaussians for it. The classifier minimises L_f - lambda L_r, the adversary "
          "L_r. Label and nuisances are the context of the training events; score() needs the data "
          "alone and gives the response, from 0 to 1. The training fields critic_steps and "
          "critic_rate are the adversary's; adversarial_loss and regularisers are not used: there "
          "are no made events.",
      .fields = fields(),
      .capabilities = {Capability::score},
      .references = {"1611.01046"},
      .build = [](const Specification& s) { return std::make_unique<Pivot>(s); },
      .examples =
          {
              R"({"features": 2, "hidden": 16, "layers": 2, "adversary_hidden": 12,
                  "adversary_layers": 1, "adversary_weight": 2})",
              R"({"features": 3, "context_features": 3, "hidden": 12, "layers": 1,
                  "activation": "tanh", "adversary_hidden": 12, "adversary_layers": 2,
                  "components": 2, "independent_in": "background", "adversary_weight": 0.5,
                  "preprocessing": ["standardise", "none", "none"]})",
          },
  };
  return architecture;
}

}  // namespace castalia
