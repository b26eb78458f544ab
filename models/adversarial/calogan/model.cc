// CaloGAN (arXiv:1705.02355, 1712.10321): calorimeter showers, an image for each layer.

#include "cpp/base/status.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "models/adversarial/calogan/shower_streams.h"
#include "models/adversarial/calogan/shower_view.h"
#include "models/calorimeter/shower_checks.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

std::vector<LayerGrid> grids(const Specification& s) {
  const std::vector<int64_t> heights = s.integers("heights");
  const std::vector<int64_t> widths = s.integers("widths");
  if (heights.empty() || heights.size() != widths.size()) {
    fail(Code::invalid_argument, "calogan.heights and calogan.widths have ", heights.size(),
         " and ", widths.size(), " entries: give each one for every layer");
  }
  std::vector<LayerGrid> all;
  for (size_t i = 0; i < heights.size(); ++i) all.push_back({heights[i], widths[i]});
  return all;
}

std::vector<int64_t> cells_of(const std::vector<LayerGrid>& grids) {
  std::vector<int64_t> cells;
  for (const LayerGrid& grid : grids) cells.push_back(grid.cells());
  return cells;
}

std::vector<int64_t> channels(const Specification& s, const char* field, size_t least) {
  const std::vector<int64_t> given = s.integers(field);
  if (given.size() < least) {
    fail(Code::invalid_argument, "calogan.", field, " has ", given.size(), " entries: at least ",
         least, " are needed");
  }
  return given;
}

class CaloGan final : public Network, public Adversarial {
 public:
  explicit CaloGan(const Specification& s)
      : generator_({.grids = grids(s),
                    .channels = channels(s, "generator_channels", 2),
                    .attention = s.boolean("attention"),
                    .response = s.text("total") == "response"}),
        critic_({.grids = generator_.grids,
                 .channels = channels(s, "critic_channels", 1),
                 .hidden = s.integer("critic_hidden"),
                 .minibatch_features = s.integer("minibatch_features")}),
        view_({.cells = cells_of(generator_.grids),
               .softness = s.real("softness"),
               .threshold = s.real("threshold")}),
        latent_(s.integer("latent")),
        energy_weight_(s.real("energy_weight")) {}

  int64_t features() const override { return view_.cells(); }
  int64_t context_features() const override { return 1; }
  bool can(Capability capability) const override { return capability == Capability::sample; }
  Adversarial* adversarial() override { return this; }
  bool sample_is_differentiable() const override { return true; }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    view_.fit(x, context);
  }
  bool fitted() const override { return view_.fitted(); }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    check_showers(x, features(), context, first_row);
  }
  std::string preprocessing_json() const override { return view_.json(); }
  void set_preprocessing_json(const std::string& text) override { view_.set_json(text); }

  void declare(Trace& trace) override {
    const auto rows = [&trace](const char* name, int64_t columns) {
      return trace.graph().input(name, {trace.dtype(), {1, columns}});
    };
    const Value incident = rows("incident", 1);
    {
      const Trace::Part part(trace, "generator");
      generate_shower(trace, rows("latent", latent_), incident, generator_);
    }
    score(trace, rows("view", view_.cells() + view_.observables()), incident);
  }

  Contest contest(Trace& trace, Value x, Value context) override {
    const Value incident = cast(view_.incident(context), trace.dtype());
    const Value showers = made(trace, x.rows(), context);
    const auto seen = [&](Value cells) { return cast(view_.of(cells, context), trace.dtype()); };
    Contest contest;
    contest.games.push_back(
        {.real = seen(x), .made = seen(showers), .critic = [this, &trace, incident](Value view) {
           return score(trace, view, incident);
         }});
    if (energy_weight_ > 0) {
      contest.further.of_generator =
          energy_weight_ * abs(view_.reconstructed(showers, context) - 1.0);
    }
    return contest;
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    return made(trace, rows, context);
  }

 private:
  Value score(Trace& trace, Value view, Value incident) const {
    const Trace::Part part(trace, kCritic);
    return criticise_shower(trace, view, incident, critic_);
  }

  // Energies of cells, float64 (rows, cells): those that a user gets and those that a critic sees.
  Value made(Trace& trace, int64_t rows, Value energy) const {
    const Trace::Part part(trace, "generator");
    const Value latent = normal_sample(trace, rows, latent_, kBaseStage);
    const GeneratedShower shower =
        generate_shower(trace, latent, cast(view_.incident(energy), trace.dtype()), generator_);
    const Value drawn = energy * view_.shares(cast(shower.coordinates, DType::float64));
    if (!shower.response) return above_threshold(drawn, view_.threshold());
    const Value total = energy * view_.response(cast(shower.response, DType::float64));
    return with_sum(drawn, total, view_.threshold());
  }

  ShowerGeneratorOptions generator_;
  ShowerCriticOptions critic_;
  ShowerView view_;
  int64_t latent_;
  double energy_weight_;
};

std::vector<Field> calogan_fields() {
  return with_common_fields({
      {.name = "heights",
       .type = FieldType::integer_list,
       .default_value = "",
       .meaning = "rows of cells in each layer of the calorimeter, in the order of the columns of "
                  "the data, where a layer's cells stand row after row: [3, 12, 12]",
       .least = 1,
       .greatest = 4096},
      {.name = "widths",
       .type = FieldType::integer_list,
       .default_value = "",
       .meaning = "cells in each of these rows: [96, 12, 6]",
       .least = 1,
       .greatest = 4096},
      {.name = "latent",
       .type = FieldType::integer,
       .default_value = "1024",
       .meaning = "standard normal numbers that a shower is made from",
       .least = 1,
       .greatest = 65536},
      {.name = "generator_channels",
       .type = FieldType::integer_list,
       .default_value = "[36, 16, 6]",
       .meaning = "channels in each stream of the generator: of the first image, of the "
                  "convolution, and of the locally connected layers before the last",
       .least = 1,
       .greatest = 4096},
      {.name = "attention",
       .type = FieldType::boolean,
       .default_value = "true",
       .meaning = "each layer's image is blended with that of the layer before it"},
      {.name = "total",
       .type = FieldType::text,
       .default_value = R"("response")",
       .meaning = "the energy of a whole shower: 'response' has a network draw it, and scales the "
                  "cells to it; 'cells' is the sum of what the streams make, as published",
       .choices = {"response", "cells"}},
      {.name = "threshold",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "cells below it are 0, true ones and made ones, in the unit of the energies",
       .least = 0,
       .greatest = 1e12},
      {.name = "softness",
       .type = FieldType::real,
       .default_value = "1e-5",
       .meaning = "the share s of the incident energy where the coordinate of a cell, log(1 + "
                  "share / s), turns from linear to logarithmic",
       .least = 1e-9,
       .greatest = 1e-3},
      {.name = "critic_channels",
       .type = FieldType::integer_list,
       .default_value = "[64, 16, 8, 8]",
       .meaning = "channels in each stream of the critic: of the convolution, and of the locally "
                  "connected layers",
       .least = 1,
       .greatest = 4096},
      {.name = "critic_hidden",
       .type = FieldType::integer,
       .default_value = "256",
       .meaning = "units of the critic that read all streams, the energies and the occupancies",
       .least = 1,
       .greatest = 65536},
      {.name = "minibatch_features",
       .type = FieldType::integer,
       .default_value = "10",
       .meaning = "minibatch discrimination: so many measures of how close a shower is to the "
                  "others of its batch are given to the critic (1606.03498)",
       .least = 0,
       .greatest = 4096},
      {.name = "energy_weight",
       .type = FieldType::real,
       .default_value = "1",
       .meaning = "the distance of the energy that a shower speaks for from the requested one, "
                  "over the latter, counts so much in the generator's loss",
       .least = 0,
       .greatest = 1e6},
  });
}

}  // namespace

const Architecture& calogan_architecture() {
  static const Architecture architecture = {
      .name = "calogan",
      .family = "adversarial",
      .summary = "calorimeter showers by a generator and a critic with a stream for each layer",
      .description =
          "Draws the energies of the cells of a calorimeter given the energy of the particle that "
          "came in (context column 0). Each layer is an image: the generator makes it by "
          "convolution and locally connected layers, and blends in the image of the layer before; "
          "the critic reads all of them beside their energies and occupancies. Energies are in any "
          "one unit, 0 or above. It samples in one pass and has no density.",
      .fields = calogan_fields(),
      .capabilities = {Capability::sample},
      .references = {"1705.02355", "1712.10321", "1701.05927", "1606.03498"},
      .build = [](const Specification& s) { return std::make_unique<CaloGan>(s); },
      .examples =
          {
              R"({"heights": [2, 3], "widths": [4, 3], "latent": 8,
                  "generator_channels": [3, 4, 2], "critic_channels": [4, 3], "critic_hidden": 12,
                  "minibatch_features": 3})",
              R"({"heights": [2, 1, 3], "widths": [4, 3, 3], "latent": 6,
                  "generator_channels": [3, 2], "critic_channels": [3, 2, 2], "critic_hidden": 10,
                  "minibatch_features": 0, "total": "cells", "threshold": 0.05,
                  "softness": 1e-3})",
              R"({"heights": [2, 3], "widths": [4, 3], "latent": 8,
                  "generator_channels": [3, 4, 2], "critic_channels": [4], "critic_hidden": 12,
                  "attention": false, "threshold": 0.01, "energy_weight": 0})",
          },
      .positive = true,
  };
  return architecture;
}

}  // namespace castalia
