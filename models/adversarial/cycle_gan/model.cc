// CycleGAN (arXiv:1703.10593): maps between two samples whose rows are not paired.
#include <algorithm>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "models/adversarial/dense_network.h"
#include "models/catalogue.h"
#include "models/preprocessed_network.h"

namespace castalia {
namespace {

// The data are the sample B, and what is drawn for a context, a row of A, is its image in B. All
// rows in this class are preprocessed, (rows, columns), each sample in its own way.
class CycleGan final : public PreprocessedNetwork, public Adversarial {
 public:
  explicit CycleGan(const Specification& s)
      : PreprocessedNetwork(s, s.texts("preprocessing")),
        generator_(dense_side_options(s, "generator")),
        critic_(dense_side_options(s, "critic")),
        latent_(s.integer("latent")),
        cycle_weight_(s.real("cycle_weight")),
        identity_weight_(s.real("identity_weight")) {
    critic_.spectral = s.boolean("spectral");
    if (identity_weight_ > 0 && features() != context_features()) {
      fail(Code::invalid_argument, "cycle_gan.identity_weight is set, but features is ", features(),
           " and context_features ", context_features(),
           ": only rows of the same columns can stay");
    }
  }

  bool can(Capability capability) const override { return capability == Capability::sample; }
  Adversarial* adversarial() override { return this; }
  bool paired() const override { return false; }
  bool sample_is_differentiable() const override { return true; }

  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    PreprocessedNetwork::check_rows(x, context, first_row);
    if (identity_weight_ == 0) return;
    // Each sample is then also read as the other is.
    PreprocessedNetwork::check_rows(context, x, first_row);
  }

  void declare(Trace& trace) override {
    const auto rows = [&trace](const char* name, int64_t columns) {
      return trace.graph().input(name, {trace.dtype(), {1, columns}});
    };
    const Value a = rows("a", context_features());
    const Value b = rows("b", features());
    const Value latent = latent_ > 0 ? rows("latent", latent_) : Value();
    to_b(trace, a, latent);
    to_a(trace, b, latent);
    criticised(trace, "b", b);
    criticised(trace, "a", a);
  }

  Contest contest(Trace& trace, Value x, Value context) override {
    const Value a = prepared_context(trace, context);
    const Value b = prepared(trace, x);
    const Value latent = drawn(trace, x.rows());
    const Value made_b = to_b(trace, a, latent);
    const Value made_a = to_a(trace, b, latent);
    Contest contest;
    const auto play = [&](const char* side, Value real, Value made) {
      contest.games.push_back(
          {real, made, [this, &trace, side](Value rows) { return criticised(trace, side, rows); }});
    };
    play("b", b, made_b);
    play("a", a, made_a);
    Value& loss = contest.further.of_generator;
    const auto add = [&](double weight, Value found, Value wanted) {
      const Value term = weight * mean(abs(cast(found - wanted, DType::float64)), {1}, true);
      loss = loss ? loss + term : term;
    };
    if (cycle_weight_ > 0) {
      add(cycle_weight_, to_a(trace, made_b, latent), a);
      add(cycle_weight_, to_b(trace, made_a, latent), b);
    }
    if (identity_weight_ > 0) {
      add(identity_weight_, to_b(trace, prepared_context(trace, x), latent), b);
      add(identity_weight_, to_a(trace, prepared(trace, context), latent), a);
    }
    return contest;
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    const Value made = to_b(trace, prepared_context(trace, context), drawn(trace, rows));
    return preprocessing().inverse(cast(made, DType::float64)).values;
  }

 private:
  Value drawn(Trace& trace, int64_t rows) const {
    return latent_ > 0 ? normal_sample(trace, rows, latent_, kBaseStage) : Value();
  }

  Value to_b(Trace& trace, Value a, Value latent) const {
    return generated(trace, "to_b", a, latent, features());
  }
  Value to_a(Trace& trace, Value b, Value latent) const {
    return generated(trace, "to_a", b, latent, context_features());
  }

  // Where both samples have the same columns, what is learned is the change: a generator starts as
  // the map that shifts and scales each column.
  Value generated(Trace& trace, const char* name, Value rows, Value latent, int64_t columns) const {
    const Trace::Part generator(trace, "generator");
    const Trace::Part part(trace, name);
    const bool stays = columns == rows.columns();
    const Value hidden = conditioned_hidden(trace, rows, latent, generator_);
    const Value made = linear(trace, "output", hidden, columns,
                              stays ? Initializer::zeros : Initializer::glorot_uniform);
    return stays ? rows + made : made;
  }

  Value criticised(Trace& trace, const char* side, Value rows) const {
    const Trace::Part critic(trace, kCritic);
    const Trace::Part part(trace, side);
    const Value hidden = conditioned_hidden(trace, rows, Value(), critic_);
    return conditioned_linear(trace, "score", hidden, 1, critic_);
  }

  ConditionedMlpOptions generator_;
  ConditionedMlpOptions critic_;
  int64_t latent_;
  double cycle_weight_;
  double identity_weight_;
};

std::vector<Field> cycle_gan_fields() {
  std::vector<Field> fields = {{.name = "features",
                                .type = FieldType::integer,
                                .default_value = "",
                                .meaning = "columns of the sample B: the data",
                                .least = 1,
                                .greatest = 65536},
                               {.name = "context_features",
                                .type = FieldType::integer,
                                .default_value = "",
                                .meaning = "columns of the sample A: the context",
                                .least = 1,
                                .greatest = 65536}};
  const auto append = [&fields](std::vector<Field> more) {
    for (Field& each : more) fields.push_back(std::move(each));
  };
  append(dense_side_fields("generator"));
  append(dense_side_fields("critic"));
  append(
      {{.name = "spectral",
        .type = FieldType::boolean,
        .default_value = "false",
        .meaning = "the critics' weights are divided by their largest singular value (1802.05957)"},
       {.name = "latent",
        .type = FieldType::integer,
        .default_value = "0",
        .meaning = "random numbers that a generator is told beside a row; 0: it is a map",
        .least = 0,
        .greatest = 65536},
       {.name = "cycle_weight",
        .type = FieldType::real,
        .default_value = "1",
        .meaning = "what the distance of a row from its image's image counts in the generators' "
                   "loss, its mean over the preprocessed columns; the 10 that were published "
                   "for images hold maps of a few columns where they start",
        .least = 0,
        .greatest = 1e6},
       {.name = "identity_weight",
        .type = FieldType::real,
        .default_value = "0",
        .meaning = "for samples of the same columns, what the distance of a row of B from its "
                   "image counts there, were it one of A, and the reverse",
        .least = 0,
        .greatest = 1e6}});
  append(preprocessing_fields("standardise"));
  return with_common_fields(std::move(fields));
}

}  // namespace

const Architecture& cycle_gan_architecture() {
  static const Architecture architecture = {
      .name = "cycle_gan",
      .family = "adversarial",
      .summary = "maps a row of one sample to one of another; rows are not paired",
      .description =
          "Two samples, A and B, of any columns: A is the context, B the data, and which row of A "
          "stands beside which of B does not matter. What is drawn for a context is its image in "
          "B. One generator maps A to B, another B to A, each against a critic of its own, and "
          "what has gone there and back should be what it was. For the map from B to A exchange "
          "the two. training.judge compares images with B, without the contexts. As published: "
          "adversarial_loss = 'least_squares', optimiser = 'adam', learning_rate = 2e-4, beta1 = "
          "0.5, cycle_weight = 10.",
      .fields = cycle_gan_fields(),
      .capabilities = {Capability::sample},
      .references = {"1703.10593"},
      .build = [](const Specification& s) { return std::make_unique<CycleGan>(s); },
      .examples = {R"({"features": 2, "context_features": 2, "latent": 1, "generator_hidden": 12,
                       "generator_layers": 2, "critic_hidden": 12, "critic_layers": 2,
                       "identity_weight": 5})",
                   R"({"features": 2, "context_features": 3, "latent": 2, "generator_hidden": 12,
                       "generator_layers": 1, "critic_hidden": 10, "critic_layers": 1,
                       "generator_activation": "silu", "cycle_weight": 3, "spectral": true,
                       "preprocessing": ["standardise", "none"]})"},
  };
  return architecture;
}

}  // namespace castalia
