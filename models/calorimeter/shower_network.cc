#include "models/calorimeter/shower_network.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/conditioner.h"
#include "cpp/prob/density.h"

namespace castalia {
namespace {

constexpr double kEnergyBound = 8;  // of the splines of the layer energies, in deviations

ShowerCoordinates::Settings coordinate_settings(const Specification& s) {
  std::vector<int64_t> cells = s.integers("cells");
  if (cells.empty()) fail(Code::invalid_argument, s.architecture().name, ".cells is empty");
  return {.cells = std::move(cells),
          .noise = s.real("noise"),
          .threshold = s.real("threshold"),
          .alpha = s.real("alpha")};
}

Transformer energy_transformer(const Specification& s) {
  const TransformerKind& kind = find_transformer("rational_quadratic_spline");
  const FieldValues values(s.architecture().name, kind.fields,
                           text("{\"bins\": ", s.integer("energy_bins"), "}"));
  return kind.make(values, {.tails = "linear", .lower = -kEnergyBound, .upper = kEnergyBound});
}

AutoregressiveLayersOptions energy_options(const Specification& s) {
  return {.features = std::ssize(s.integers("cells")),
          .layers = s.integer("energy_layers"),
          .seed = s.seed(),
          .network = {.hidden = s.integer("energy_hidden")}};
}

std::pair<Value, Value> no_bijection() {
  fail(Code::unsupported,
       "a shower comes from many latent variables: its cells may be empty, and add up to the "
       "energy of their layer");
}

}  // namespace

ShowerNetwork::ShowerNetwork(const Specification& s)
    : coordinates_(coordinate_settings(s)), energies_(energy_options(s), energy_transformer(s)) {}

std::pair<Value, Value> ShowerNetwork::transform(Trace&, Value, Value) { return no_bijection(); }
std::pair<Value, Value> ShowerNetwork::inverse(Trace&, Value, Value) { return no_bijection(); }

ShowerNetwork::Noise ShowerNetwork::draw_noise(Trace& trace, int64_t rows) const {
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

void ShowerNetwork::declare_energies(Trace& trace) {
  const auto row = [&trace](const char* name, int64_t columns) {
    return trace.graph().input(name, {trace.dtype(), {1, columns}});
  };
  const Trace::Part part(trace, "energies");
  energies_.forward(trace, row("energies", coordinates_.layers()), row("incident", 1));
}

Value ShowerNetwork::declared_condition(Trace& trace) const {
  return trace.graph().input("condition", {trace.dtype(), {1, 1 + coordinates_.layers()}});
}

// Only the column of the incident energy is used: it stands in for the layers' energies, too.
Value ShowerNetwork::incident_condition(Trace& trace, Value incident) const {
  const Value unknown = broadcast_to(incident, {incident.rows(), coordinates_.layers()});
  return cast(slice(coordinates_.condition(unknown, incident), 1, 0, 1), trace.dtype());
}

ShowerNetwork::EnergyDensity ShowerNetwork::energy_density(Trace& trace, Value smeared,
                                                           Value incident) const {
  const Trace::Part part(trace, "energies");
  const Mapped y = coordinates_.of_layers(smeared, incident);
  const Mapped latent =
      energies_.forward(trace, cast(y.value, trace.dtype()), incident_condition(trace, incident));
  return {normal_log_prob(latent.value) + latent.log_abs_det, y.log_abs_det};
}

Value ShowerNetwork::sample_energies(Trace& trace, int64_t rows, Value incident) const {
  const Trace::Part part(trace, "energies");
  const Value latent = normal_sample(trace, rows, coordinates_.layers(), kEnergyStage);
  const Value y = energies_.backward(trace, latent, incident_condition(trace, incident)).value;
  return coordinates_.to_layers(cast(y, DType::float64), incident);
}

std::vector<Field> shower_fields(std::vector<Field> own) {
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
       .greatest = 128}};
  fields.insert(fields.end(), own.begin(), own.end());
  for (Field& each : conditioned_fields("rational_quadratic_spline")) {
    fields.push_back(std::move(each));
  }
  // A cell falls into the last bin of its spline, which reaches up to all of its layer's energy,
  // with at least this probability: at 1e-3 one shower in three of 288 cells has one that strayed.
  const auto least = std::find_if(fields.begin(), fields.end(), [](const Field& field) {
    return field.name == "min_bin_height";
  });
  least->default_value = "1e-6";
  return with_common_fields(std::move(fields));
}

}  // namespace castalia
