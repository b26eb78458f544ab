// CaloFlow (arXiv:2106.05285, 2110.11377): calorimeter showers by two flows.
#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "models/calorimeter/shower_network.h"
#include "models/catalogue.h"
#include "models/flow/autoregressive_layers.h"
#include "models/flow/distillation.h"

namespace castalia {
namespace {

AutoregressiveLayersOptions cell_options(const Specification& s, int64_t cells) {
  AutoregressiveLayersOptions options = autoregressive_layers_options(s, cells);
  options.inverse = s.text("direction") == "inverse";
  options.inverted = options.inverse;
  return options;
}

class CaloFlow final : public ShowerNetwork, public Distillable {
 public:
  explicit CaloFlow(const Specification& s)
      : ShowerNetwork(s),
        cells_(cell_options(s, features()),
               make_transformer("caloflow", s,
                                {.tails = "none", .lower = -kCellBound, .upper = kCellBound})) {}

  bool can(Capability capability) const override { return capability == Capability::sample; }

  void declare(Trace& trace) override {
    declare_energies(trace);
    const Value condition = declared_condition(trace);
    const Trace::Part part(trace, "cells");
    cells_.path(trace, trace.graph().input("cells", {trace.dtype(), {1, features()}}), condition);
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
    const Noise noise = draw_noise(trace, x.rows());
    const Value energies = coordinates().layer_energies(x);
    const Value smeared = coordinates().smeared(energies, noise.of_layers);
    return {.y = cast(coordinates().of_cells(x, energies, noise.of_cells).value, trace.dtype()),
            .condition = cast(coordinates().condition(energies, context), trace.dtype()),
            .loss = negate(energy_density(trace, smeared, context).of_coordinates)};
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
    const Value energies = coordinates().without_noise(sample_energies(trace, rows, context));
    const Value condition = cast(coordinates().condition(energies, context), trace.dtype());
    const Trace::Part part(trace, "cells");
    const Value latent = uniform_sample(trace, rows, features(), kCellBound, kBaseStage);
    const Value y = cells_.backward(trace, latent, condition).value;
    return coordinates().to_cells(cast(y, DType::float64), energies);
  }

  Value log_prob(Trace&, Value, Value) override {
    fail(Code::unsupported,
         "caloflow draws showers: cells that are empty, and that add up to the energy of their "
         "layer, have no density");
  }

 private:
  AutoregressiveLayers cells_;
};

std::vector<Field> caloflow_fields() {
  return shower_fields(
      {{.name = "layers",
        .type = FieldType::integer,
        .default_value = "8",
        .meaning = "autoregressive layers of the flow of the cells",
        .least = 1,
        .greatest = 256},
       order_field("the cells in a layer of the flow relative to the one before"),
       {.name = "direction",
        .type = FieldType::text,
        .default_value = R"("forward")",
        .meaning = "what the networks of the cells see: 'forward' the cells (MAF, a teacher), "
                   "'inverse' the latent variables (IAF, its student)",
        .choices = {"forward", "inverse"}},
       degrees_field("cells the hidden units")});
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
