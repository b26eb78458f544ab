// CaloFlow (arXiv:2106.05285, 2110.11377): calorimeter showers by two flows.
#include <algorithm>
#include <numeric>

#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/conditioner.h"
#include "cpp/prob/density.h"
#include "models/calorimeter/caloflow/shower_coordinates.h"
#include "models/catalogue.h"
#include "models/flow/autoregressive_layers.h"
#include "models/flow/distillation.h"

namespace castalia {
namespace {

constexpr double kCellBound = 1;    // of the coordinates of cells
constexpr double kEnergyBound = 8;  // of the splines of the layer energies, in deviations

Transformer energy_transformer(const Specification& s) {
  const TransformerKind& kind = find_transformer("rational_quadratic_spline");
  const FieldValues values("caloflow", kind.fields,
                           text("{\"bins\": ", s.integer("energy_bins"), "}"));
  return kind.make(values, {.tails = "linear", .lower = -kEnergyBound, .upper = kEnergyBound});
}

AutoregressiveLayersOptions energy_options(const Specification& s) {
  return {.features = std::ssize(s.integers("cells")),
          .layers = s.integer("energy_layers"),
          .seed = s.seed(),
          .network = {.hidden = s.integer("energy_hidden")}};
}

AutoregressiveLayersOptions cell_options(const Specification& s) {
  const std::vector<int64_t> cells = s.integers("cells");
  if (cells.empty()) fail(Code::invalid_argument, "caloflow.cells is empty");
  AutoregressiveLayersOptions options =
      autoregressive_layers_options(s, std::accumulate(cells.begin(), cells.end(), int64_t{0}));
  options.inverted = options.inverse;
  return options;
}

class CaloFlow final : public Network, public Distillable {
 public:
  explicit CaloFlow(const Specification& s)
      : coordinates_({.cells = s.integers("cells"),
                      .noise = s.real("noise"),
                      .threshold = s.real("threshold"),
                      .alpha = s.real("alpha")}),
        energies_(energy_options(s), energy_transformer(s)),
        cells_(cell_options(s),
               make_transformer("caloflow", s,
                                {.tails = "none", .lower = -kCellBound, .upper = kCellBound})) {}

  int64_t features() const override { return coordinates_.cells(); }
  int64_t context_features() const override { return 1; }
  bool can(Capability capability) const override { return capability == Capability::sample; }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    coordinates_.fit(x, context);
  }
  bool fitted() const override { return coordinates_.fitted(); }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    coordinates_.check(x, context, first_row);
  }
  std::string preprocessing_json() const override { return coordinates_.json(); }
  void set_preprocessing_json(const std::string& text) override { coordinates_.set_json(text); }

  void declare(Trace& trace) override {
    const auto rows = [&trace](const char* name, int64_t columns) {
      return trace.graph().input(name, {trace.dtype(), {1, columns}});
    };
    {
      const Trace::Part part(trace, "energies");
      energies_.forward(trace, rows("energies", coordinates_.layers()), rows("incident", 1));
    }
    const Trace::Part part(trace, "cells");
    cells_.path(trace, rows("cells", features()), rows("condition", 1 + coordinates_.layers()));
  }

  // The sum of the two flows' negative log-densities, each in its coordinates.
  Value loss(Trace& trace, Value x, Value context) override {
    cells_.require_trainable("caloflow");
    const Lesson given = lesson(trace, x, context);
    const Trace::Part part(trace, "cells");
    const Value log_det = cells_.forward(trace, given.y, given.condition).log_abs_det;
    return given.loss - (log_det + uniform_log_prob(features(), kCellBound));
  }

  Lesson lesson(Trace& trace, Value x, Value context) const override {
    const Noise noise = draw(trace, x.rows());
    const Value energies = coordinates_.layer_energies(x);
    return {.y = cast(coordinates_.of_cells(x, energies, noise.of_cells), trace.dtype()),
            .condition = cast(coordinates_.condition(energies, context), trace.dtype()),
            .loss = energy_loss(trace, energies, context, noise.of_layers)};
  }
  AutoregressiveLayers::Path path(Trace& trace, Value start, Value condition) const override {
    const Trace::Part part(trace, "cells");
    return cells_.path(trace, start, condition);
  }
  Value draw_latent(Trace& trace, int64_t rows) const override {
    return uniform_sample(trace, rows, features(), kCellBound, kLatentStage);
  }
  Value latent_log_prob(Trace& trace, Value) const override {
    return trace.graph().scalar(uniform_log_prob(features(), kCellBound), DType::float64);
  }
  std::string inherited() const override { return "energies."; }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    const Value energies = sample_energies(trace, rows, context);
    const Trace::Part part(trace, "cells");
    const Value latent = uniform_sample(trace, rows, features(), kCellBound, kBaseStage);
    const Value y =
        cells_
            .backward(trace, latent, cast(coordinates_.condition(energies, context), trace.dtype()))
            .value;
    return coordinates_.to_cells(cast(y, DType::float64), energies);
  }

  Value log_prob(Trace&, Value, Value) override { return none(); }
  std::pair<Value, Value> transform(Trace&, Value, Value) override { return {none(), none()}; }
  std::pair<Value, Value> inverse(Trace&, Value, Value) override { return {none(), none()}; }

 private:
  struct Noise {
    Value of_layers;
    Value of_cells;
  };

  static Value none() {
    fail(Code::unsupported,
         "caloflow draws showers: cells that are empty, and that add up to the energy of their "
         "layer, have no density");
  }

  // The middle where there is no chance.
  Noise draw(Trace& trace, int64_t rows) const {
    const int64_t layers = coordinates_.layers();
    const int64_t columns = layers + features();
    if (!trace.seed) {
      const Value half = trace.graph().scalar(0.5, DType::float64);
      return {half, half};
    }
    const Value all =
        random_uniform(trace.seed, trace.first_event, rows, columns, kNoiseStage, DType::float64);
    return {slice(all, 1, 0, layers), slice(all, 1, layers, columns)};
  }

  // The incident energy as the flow of the layer energies sees it.
  Value incident_condition(Trace& trace, Value energies, Value context) const {
    return cast(slice(coordinates_.condition(energies, context), 1, 0, 1), trace.dtype());
  }

  Value energy_loss(Trace& trace, Value energies, Value context, Value noise) const {
    const Trace::Part part(trace, "energies");
    const Value y = cast(coordinates_.of_layers(energies, context, noise), trace.dtype());
    const Mapped latent = energies_.forward(trace, y, incident_condition(trace, energies, context));
    return negate(normal_log_prob(latent.value) + latent.log_abs_det);
  }

  Value sample_energies(Trace& trace, int64_t rows, Value context) const {
    const Trace::Part part(trace, "energies");
    const Value latent = normal_sample(trace, rows, coordinates_.layers(), kEnergyStage);
    // Only the column of the incident energy is used: energies stand in for what is not yet known.
    const Value unknown = broadcast_to(context, {rows, coordinates_.layers()});
    const Value y =
        energies_.backward(trace, latent, incident_condition(trace, unknown, context)).value;
    return coordinates_.to_layers(cast(y, DType::float64), context);
  }

  ShowerCoordinates coordinates_;
  AutoregressiveLayers energies_;
  AutoregressiveLayers cells_;
};

std::vector<Field> caloflow_fields() {
  std::vector<Field> fields = {
      {.name = "cells",
       .type = FieldType::integer_list,
       .default_value = "",
       .meaning = "cells in each layer of the calorimeter, in the order of the columns: [288, 144, "
                  "72] for 3x96, 12x12 and 12x6",
       .least = 1,
       .greatest = 65536},
      {.name = "noise",
       .type = FieldType::real,
       .default_value = "1e-3",
       .meaning = "uniform noise from 0 to this is added to each cell and layer while training, in "
                  "the unit of the energies (1 keV if they are in MeV); a layer drawn below it is "
                  "empty",
       .least = 1e-12,
       .greatest = 1e12},
      {.name = "threshold",
       .type = FieldType::real,
       .default_value = "1e-3",
       .meaning = "a cell drawn below it is empty, in the unit of the energies",
       .least = 0,
       .greatest = 1e12},
      {.name = "alpha",
       .type = FieldType::real,
       .default_value = "1e-6",
       .meaning = "how far a cell's share of its layer is kept from 0 and 1 before the logit",
       .least = 1e-12,
       .greatest = 0.1},
      {.name = "energy_layers",
       .type = FieldType::integer,
       .default_value = "6",
       .meaning = "autoregressive layers of the flow of the layer energies",
       .least = 1,
       .greatest = 256},
      {.name = "energy_hidden",
       .type = FieldType::integer,
       .default_value = "64",
       .meaning = "units in each of its two hidden layers",
       .least = 1,
       .greatest = 65536},
      {.name = "energy_bins",
       .type = FieldType::integer,
       .default_value = "8",
       .meaning = "bins of its rational-quadratic splines",
       .least = 2,
       .greatest = 128},
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "8",
       .meaning = "autoregressive layers of the flow of the cells",
       .least = 1,
       .greatest = 256},
      {.name = "order",
       .type = FieldType::text,
       .default_value = R"("reverse")",
       .meaning =
           "order of the cells in a layer of the flow relative to the one before: 'reverse', "
           "'random' draws one, 'none' keeps it",
       .choices = {"reverse", "random", "none"}},
      {.name = "direction",
       .type = FieldType::text,
       .default_value = R"("forward")",
       .meaning = "what the networks of the cells see: 'forward' the cells (MAF, a teacher), "
                  "'inverse' the latent variables (IAF, its student)",
       .choices = {"forward", "inverse"}},
      {.name = "degrees",
       .type = FieldType::text,
       .default_value = R"("even")",
       .meaning = "how many cells the hidden units see: 'even' spreads the units over all numbers "
                  "of use, 'cyclic' counts 1, 2, ... again and again",
       .choices = {"even", "cyclic"}}};
  for (const std::vector<Field>& more :
       {conditioner_fields(), transformer_fields("rational_quadratic_spline")}) {
    fields.insert(fields.end(), more.begin(), more.end());
  }
  // A cell falls into the last bin of its spline, which reaches up to all of its layer's energy,
  // with at least this probability: at 1e-3 one shower in three of 288 cells has one that strayed.
  const auto least = std::find_if(fields.begin(), fields.end(), [](const Field& field) {
    return field.name == "min_bin_height";
  });
  least->default_value = "1e-6";
  return with_common_fields(std::move(fields));
}

}  // namespace

const Architecture& caloflow_architecture() {
  static const Architecture architecture{
      .name = "caloflow",
      .family = "calorimeter",
      .summary = "calorimeter showers: a flow of the layer energies and one of the cells",
      .description =
          "Learns the energies of the cells of a calorimeter given the energy of the particle that "
          "came in (context column 0), and draws showers. A flow gives the energy of each layer; a "
          "second one shares it among the cells, given the energies of all layers, so that the "
          "cells of a layer add up to its energy. Energies are in any one unit, 0 or above; empty "
          "layers and showers are learned like others. With direction 'forward' (a teacher) the "
          "flows learn from densities.",
      .fields = caloflow_fields(),
      .capabilities = {Capability::sample},
      .references = {"2106.05285", "2110.11377"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<CaloFlow>(specification);
      },
      .examples = {R"({"cells": [4, 3], "layers": 2, "hidden": 12, "energy_layers": 2,
                       "energy_hidden": 8})",
                   R"({"cells": [3, 2], "layers": 2, "hidden": 10, "energy_layers": 1,
                       "energy_hidden": 6, "direction": "inverse", "order": "random",
                       "activation": "silu", "transformer": "rational_linear_spline"})"},
      .positive = true,
  };
  return architecture;
}

}  // namespace castalia
