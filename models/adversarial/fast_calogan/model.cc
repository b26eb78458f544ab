// FastCaloGAN (arXiv:2109.02551): calorimeter showers by a small network for each slice of the
// detector.
#include <algorithm>
#include <cmath>
#include <functional>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "models/adversarial/fast_calogan/sliced_view.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

constexpr int64_t kCriticLayers = 3;  // unless critic_hidden says otherwise

std::vector<int64_t> given_cells(const Specification& s) {
  std::vector<int64_t> cells = s.integers("cells");
  if (cells.empty()) {
    fail(Code::invalid_argument, "fast_calogan.cells is empty: give the number of each layer");
  }
  return cells;
}

std::vector<double> given_edges(const Specification& s) {
  std::vector<double> edges = s.reals("slices");
  if (edges.size() < 2) {
    fail(Code::invalid_argument, "fast_calogan.slices has ", edges.size(),
         " entries: give at least the two edges of one slice");
  }
  const auto wrong = std::adjacent_find(edges.begin(), edges.end(), std::greater_equal<>());
  if (wrong != edges.end()) {
    fail(Code::invalid_argument, "fast_calogan.slices: ", *wrong, " stands before ", *(wrong + 1),
         "; edges ascend");
  }
  return edges;
}

// Dense layers with weights for each slice, applied to rows by their slice.
struct SlicedMlp {
  std::vector<int64_t> hidden;
  int64_t outputs;
  std::string activation;

  Value operator()(Trace& trace, Value x, Value ids, int64_t slices) const {
    for (size_t i = 0; i < hidden.size(); ++i) {
      x = castalia::activation(
          activation, segment_linear(trace, text("linear_", i), x, ids, slices, hidden[i]));
    }
    return segment_linear(trace, text("linear_", hidden.size()), x, ids, slices, outputs);
  }
};

class FastCaloGan final : public Network, public Adversarial {
 public:
  explicit FastCaloGan(const Specification& s)
      : view_(given_cells(s), given_edges(s), s.real("threshold")),
        latent_(s.integer("latent")),
        generator_({.hidden = s.integers("generator_hidden"),
                    .outputs = view_.columns(),
                    .activation = s.text("generator_activation")}),
        critic_({.hidden = s.integers("critic_hidden"),
                 .outputs = 1,
                 .activation = s.text("critic_activation")}) {
    if (critic_.hidden.empty()) critic_.hidden.assign(kCriticLayers, view_.cells());
  }

  int64_t features() const override { return view_.cells(); }
  int64_t context_features() const override { return 2; }
  bool can(Capability capability) const override { return capability == Capability::sample; }
  Adversarial* adversarial() override { return this; }
  bool sample_is_differentiable() const override { return true; }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    view_.fit(x, context);
  }
  bool fitted() const override { return view_.fitted(); }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    view_.check(x, context, first_row);
  }
  std::string preprocessing_json() const override { return view_.json(); }
  void set_preprocessing_json(const std::string& text) override { view_.set_json(text); }

  void declare(Trace& trace) override {
    Graph& graph = trace.graph();
    const auto rows = [&](const char* name, int64_t columns) {
      return graph.input(name, {trace.dtype(), {1, columns}});
    };
    const Value incident = rows("incident", 1);
    const Value ids = graph.input("slice", {DType::int64, {1}});
    generated(trace, rows("latent", latent_), incident, ids);
    score(trace, rows("view", view_.columns()), incident, ids);
  }

  Contest contest(Trace& trace, Value x, Value context) override {
    const Value incident = cast(view_.incident(context), trace.dtype());
    const Value ids = view_.slice_of(context);
    const auto seen = [&](Value cells) { return cast(view_.of(cells, context), trace.dtype()); };
    Contest contest;
    contest.games.push_back({.real = seen(x),
                             .made = seen(made(trace, x.rows(), context)),
                             .critic = [this, &trace, incident, ids](Value view) {
                               return score(trace, view, incident, ids);
                             }});
    return contest;
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    return view_.kept(made(trace, rows, context));
  }

 private:
  Value generated(Trace& trace, Value latent, Value incident, Value ids) const {
    const Trace::Part part(trace, "generator");
    return generator_(trace, concat({latent, incident}, 1), ids, view_.slices());
  }
  Value score(Trace& trace, Value view, Value incident, Value ids) const {
    const Trace::Part part(trace, kCritic);
    return critic_(trace, concat({view, incident}, 1), ids, view_.slices());
  }

  // Energies of cells, float64 (rows, cells).
  Value made(Trace& trace, int64_t rows, Value context) const {
    const Value latent = normal_sample(trace, rows, latent_, kBaseStage);
    const Value incident = cast(view_.incident(context), trace.dtype());
    const Value numbers = generated(trace, latent, incident, view_.slice_of(context));
    return view_.showers(cast(numbers, DType::float64), context);
  }

  SlicedView view_;
  int64_t latent_;
  SlicedMlp generator_;
  SlicedMlp critic_;
};

std::vector<Field> fast_calogan_fields() {
  const std::vector<std::string> activations(activation_names().begin(), activation_names().end());
  return with_common_fields({
      {.name = "cells",
       .type = FieldType::integer_list,
       .default_value = "",
       .meaning = "cells in each layer of the calorimeter, in the order of the "
                  "columns of the data: "
                  "[8, 160, 190, 5]",
       .least = 1,
       .greatest = 65536},
      {.name = "slices",
       .type = FieldType::real_list,
       .default_value = "",
       .meaning = "edges of the slices in context column 1: slice i holds "
                  "values from edge i up to, "
                  "but without, edge i + 1. [0, 0.05, 0.1] are two slices of "
                  "|eta|; with [0, 1, 2] "
                  "the column holds the number of the slice"},
      {.name = "latent",
       .type = FieldType::integer,
       .default_value = "50",
       .meaning = "standard normal numbers that a shower is made from",
       .least = 1,
       .greatest = 65536},
      {.name = "generator_hidden",
       .type = FieldType::integer_list,
       .default_value = "[50, 100, 200]",
       .meaning = "units in each hidden layer of a slice's generator",
       .least = 1,
       .greatest = 65536},
      {.name = "generator_activation",
       .type = FieldType::text,
       .default_value = R"("silu")",
       .meaning = "what follows each of them",
       .choices = activations},
      {.name = "critic_hidden",
       .type = FieldType::integer_list,
       .default_value = "[]",
       .meaning = "units in each hidden layer of a slice's critic; empty: "
                  "three layers of as many as "
                  "there are cells",
       .least = 1,
       .greatest = 65536},
      {.name = "critic_activation",
       .type = FieldType::text,
       .default_value = R"("relu")",
       .meaning = "what follows each of them",
       .choices = activations},
      {.name = "threshold",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "cells below it are 0, true ones and made ones, in the unit "
                  "of the energies",
       .least = 0,
       .greatest = 1e12},
  });
}

// The laws' contexts: column 1 becomes a value in some slice.
void make_sliced_context(const Specification& s, std::span<double> context) {
  const std::vector<double> edges = s.reals("slices");
  const double turn = context[1] - std::floor(context[1]);
  context[1] = edges.front() + turn * (edges.back() - edges.front());
}

}  // namespace

const Architecture& fast_calogan_architecture() {
  static const Architecture architecture = {
      .name = "fast_calogan",
      .family = "adversarial",
      .summary =
          "calorimeter showers by a small dense network for each slice "
          "of the detector",
      .description =
          "Draws the energies of the cells of a calorimeter given "
          "the energy of the particle that "
          "came in (context column 0) and where it did (column 1), "
          "which picks one of the slices: "
          "each has a generator and a critic of its own, and all "
          "are in one model. A critic sees "
          "the shares of the incident energy of cells, of layers "
          "and of the whole, and a generator "
          "makes all three, so that they agree. Energies are in any "
          "one unit, 0 or above. As "
          "published it is trained with the training fields "
          "adversarial_loss=wasserstein and "
          "regularisers=[gradient_penalty]. It samples in one pass "
          "and has no density.",
      .fields = fast_calogan_fields(),
      .capabilities = {Capability::sample},
      .references = {"2109.02551", "1704.00028"},
      .build = [](const Specification& s) { return std::make_unique<FastCaloGan>(s); },
      .examples =
          {
              R"({"cells": [4, 6], "slices": [0, 0.4, 1.2], "latent": 5,
                  "generator_hidden": [6, 8], "critic_hidden": [10, 8]})",
              R"({"cells": [3, 1, 4], "slices": [0, 1, 2, 3], "latent": 4,
                  "generator_hidden": [8], "generator_activation": "tanh",
                  "critic_activation": "leaky_relu", "threshold": 0.05})",
          },
      .positive = true,
      .make_context = make_sliced_context,
  };
  return architecture;
}

}  // namespace castalia
