// L2LFlows (arXiv:2302.11594): calorimeter showers layer by layer, a flow for the cells of each.
#include <memory>

#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/conditioner.h"
#include "cpp/prob/density.h"
#include "models/calorimeter/l2l_flows/causal_flows.h"
#include "models/calorimeter/shower_network.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

CausalFlows::CellFlow cell_flow(const Specification& s, int64_t cells,
                                const Transformer& transformer) {
  if (s.text("flow") == "autoregressive") {
    return AutoregressiveLayers(autoregressive_layers_options(s, cells), transformer);
  }
  if (s.text("degrees") != "even") {
    fail(Code::invalid_argument,
         "l2l_flows: degrees is set, but coupling layers (flow 'coupling') have none");
  }
  return CouplingLayers({.features = cells,
                         .layers = s.integer("layers"),
                         .permutation = s.text("order"),
                         .seed = s.seed(),
                         .conditioner = {conditioner_options(s)}},
                        transformer);
}

CausalFlows::Options causal_options(const Specification& s) {
  return {.cells = s.integers("cells"),
          .previous = s.integer("previous"),
          .embedding = {.hidden = s.integer("embedding_hidden"),
                        .hidden_layers = 1,
                        .outputs = s.integer("embedding"),
                        .activation = s.text("activation")}};
}

class L2LFlows final : public ShowerNetwork {
 public:
  explicit L2LFlows(const Specification& s)
      : ShowerNetwork(s), cells_(causal_options(s), [&s](int64_t cells) {
          const TransformerDomain domain{
              .tails = "none", .lower = -kCellBound, .upper = kCellBound};
          return cell_flow(s, cells, make_transformer("l2l_flows", s, domain));
        }) {}

  bool can(Capability capability) const override {
    return capability == Capability::sample || capability == Capability::log_prob;
  }

  void declare(Trace& trace) override {
    declare_energies(trace);
    const Value cells = trace.graph().input("cells", {trace.dtype(), {1, features()}});
    cells_.forward(trace, cells, declared_condition(trace));
  }

  // In coordinates: the log-determinants of these do not depend on the parameters.
  Value loss(Trace& trace, Value x, Value context) override {
    return negate(density(trace, x, context).of_coordinates);
  }

  Value log_prob(Trace& trace, Value x, Value context) override {
    const Density found = density(trace, x, context);
    return found.of_coordinates + found.log_det;
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    const Value smeared = sample_energies(trace, rows, context);
    const Value latent = uniform_sample(trace, rows, features(), kCellBound, kBaseStage);
    const Value y = cells_.backward(trace, latent, condition(trace, smeared, context)).value;
    return coordinates().to_cells(cast(y, DType::float64), coordinates().without_noise(smeared));
  }

 private:
  struct Density {
    Value of_coordinates;  // float64 (rows, 1)
    Value log_det;         // of the coordinates with respect to smeared energies
  };

  Value condition(Trace& trace, Value smeared, Value context) const {
    return cast(coordinates().condition(smeared, context), trace.dtype());
  }

  // Of smeared layers and cells, whose noise is in the middle where there is no chance. The flows
  // of the cells see the smeared layers, as they do when they draw: so this is a joint density.
  Density density(Trace& trace, Value x, Value context) const {
    const Noise noise = draw_noise(trace, x.rows());
    const Value smeared = coordinates().smeared(coordinates().layer_energies(x), noise.of_layers);
    const EnergyDensity layers = energy_density(trace, smeared, context);
    const Mapped y = coordinates().of_cells(x, smeared, noise.of_cells);
    const Mapped latent =
        cells_.forward(trace, cast(y.value, trace.dtype()), condition(trace, smeared, context));
    const Value of_cells = latent.log_abs_det + uniform_log_prob(features(), kCellBound);
    return {layers.of_coordinates + of_cells, layers.log_det + y.log_abs_det};
  }

  CausalFlows cells_;
};

std::vector<Field> l2l_flows_fields() {
  return shower_fields(
      {{.name = "flow",
        .type = FieldType::text,
        .default_value = R"("autoregressive")",
        .meaning = "how the flows of the cells are made: 'autoregressive' (masked) or of "
                   "'coupling' layers",
        .choices = {"autoregressive", "coupling"}},
       {.name = "layers",
        .type = FieldType::integer,
        .default_value = "4",
        .meaning = "autoregressive or coupling layers of the flow of each layer's cells",
        .least = 1,
        .greatest = 256},
       order_field(
           "the cells in a layer of a flow relative to the one before, or their division for a "
           "coupling"),
       degrees_field("cells the hidden units of an autoregressive flow"),
       {.name = "previous",
        .type = FieldType::integer,
        .default_value = "5",
        .meaning = "a flow sees the cells of so many layers before its own",
        .least = 0,
        .greatest = 65536},
       {.name = "embedding",
        .type = FieldType::integer,
        .default_value = "32",
        .meaning = "numbers that the embedding network makes of them",
        .least = 1,
        .greatest = 65536},
       {.name = "embedding_hidden",
        .type = FieldType::integer,
        .default_value = "64",
        .meaning = "units in the hidden layer of the embedding network",
        .least = 1,
        .greatest = 65536}});
}

}  // namespace

const Architecture& l2l_flows_architecture() {
  static const Architecture architecture{
      .name = "l2l_flows",
      .family = "calorimeter",
      .summary =
          "calorimeter showers layer by layer: a flow of the layer energies and one for the "
          "cells of each layer",
      .description =
          "Learns the energies of the cells of a calorimeter given the energy of the particle that "
          "came in (context column 0), and draws showers. A flow gives the energy of each layer; "
          "for each layer a flow of its own shares it among the cells, given the energies of all "
          "layers and, through an embedding network, the cells of the layers before it, so that "
          "the work grows with the number of layers and not with its square. The cells of a layer "
          "add up to its energy. Energies are in any one unit, 0 or above. log_prob is the "
          "logarithm of the density, per unit of each energy, of the layer energies and cells that "
          "the flows see, which have noise, at the middle of the noise.",
      .fields = l2l_flows_fields(),
      .capabilities = {Capability::sample, Capability::log_prob},
      .references = {"2302.11594"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<L2LFlows>(specification);
      },
      .examples = {R"({"cells": [4, 4, 4], "layers": 2, "hidden": 12, "energy_layers": 2,
                       "energy_hidden": 8, "embedding": 3, "embedding_hidden": 6})",
                   R"({"cells": [4, 3, 1], "flow": "coupling", "layers": 2, "hidden": 8,
                       "hidden_layers": 1, "order": "random", "energy_layers": 1,
                       "energy_hidden": 6, "previous": 1, "embedding": 2, "embedding_hidden": 5,
                       "activation": "silu", "transformer": "rational_linear_spline"})",
                   R"({"cells": [4, 4], "layers": 1, "hidden": 8, "degrees": "cyclic",
                       "energy_layers": 1, "energy_hidden": 6, "previous": 0})"},
      .positive = true,
  };
  return architecture;
}

}  // namespace castalia
