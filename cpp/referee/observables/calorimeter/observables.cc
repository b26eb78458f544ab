// Energies, shapes and sparsity of calorimeter showers.
#include "cpp/referee/observables/observables.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/referee/observables/calorimeter/geometry.h"
#include "cpp/referee/observables/calorimeter/shower.h"
#include "cpp/referee/observables/rows.h"

namespace castalia::referee {
namespace {

// The spectrum's bins are the same for all data, so that two spectra can be compared: ten a decade.
constexpr int kDecades = 24;
constexpr int kLeastDecade = -12;
constexpr int kBinsPerDecade = 10;
constexpr int kBins = kDecades * kBinsPerDecade;

// Sums over showers are made within blocks and then over the blocks in their order. At most this
// many blocks: each holds an image.
constexpr int64_t kMostBlocks = 64;
constexpr int64_t kLeastBlock = 128;

Geometry geometry_of(const FieldValues& fields) {
  const std::string path = fields.text("geometry");
  if (!path.empty()) return read_binning(path, fields.text("particle"));
  if (fields.integers("rows").empty() || fields.integers("columns").empty()) {
    fail(Code::invalid_argument,
         "calorimeter: set geometry to a binning file, or layers, rows and columns of a grid");
  }
  return regular_grid(fields.integer("layers"), fields.integers("rows"), fields.integers("columns"),
                      fields.reals("row_sizes"), fields.reals("column_sizes"));
}

int bin_of(double energy) {
  const double place = (std::log10(energy) - kLeastDecade) * kBinsPerDecade;
  return static_cast<int>(std::clamp(place, 0.0, static_cast<double>(kBins - 1)));
}

struct SampleSums {
  std::vector<double> image;     // (cells)
  std::vector<double> spectrum;  // (kBins)
  double weight = 0;

  void add(const double* cells, double threshold, double weight_of_shower) {
    weight += weight_of_shower;
    for (size_t i = 0; i < image.size(); ++i) {
      if (!(cells[i] > threshold)) continue;
      image[i] += weight_of_shower * cells[i];
      spectrum[bin_of(cells[i])] += weight_of_shower;
    }
  }

  void add(const SampleSums& other) {
    weight += other.weight;
    for (size_t i = 0; i < image.size(); ++i) image[i] += other.image[i];
    for (size_t i = 0; i < spectrum.size(); ++i) spectrum[i] += other.spectrum[i];
  }
};

void add_details(const Geometry& geometry, const ShowerUnits& units, SampleSums sums,
                 std::vector<ObservableDetail>& out) {
  for (double& cell : sums.image) cell /= sums.weight;
  for (const CellLayer& layer : geometry.layers) {
    const std::string name = text("layer_", layer.number, "_");
    const double* image = sums.image.data() + layer.first;
    out.push_back({name + "mean",
                   units.energy,
                   "mean energy of each cell",
                   {layer.rows(), layer.columns()},
                   std::vector<double>(image, image + layer.cells())});
    out.push_back({name + "row_edges",
                   layer.radial ? "rad" : units.length,
                   layer.radial ? "edges of the rows, in alpha" : "edges of the rows, in phi",
                   {layer.rows() + 1},
                   layer.row_edges});
    out.push_back({name + "column_edges",
                   units.length,
                   layer.radial ? "edges of the columns, in r" : "edges of the columns, in eta",
                   {layer.columns() + 1},
                   layer.column_edges});
  }
  for (double& count : sums.spectrum) count /= sums.weight;
  std::vector<double> edges;
  for (int i = 0; i <= kBins; ++i) {
    edges.push_back(std::pow(10.0, kLeastDecade + static_cast<double>(i) / kBinsPerDecade));
  }
  out.push_back({"voxel_spectrum",
                 "",
                 "cells with energy a shower, in bins of their energy",
                 {kBins},
                 std::move(sums.spectrum)});
  out.push_back({"voxel_spectrum_edges",
                 units.energy,
                 "edges of these bins; the first and the last bin take what lies beyond",
                 {kBins + 1},
                 std::move(edges)});
}

Observables compute(const Dataset& data, const FieldValues& fields, ThreadPool& pool) {
  const Geometry geometry = geometry_of(fields);
  if (geometry.cells() != data.features) {
    fail(Code::shape_mismatch, "calorimeter: the geometry has ", geometry.cells(),
         " cells, the data have ", data.features, " columns");
  }
  const int64_t incident = fields.integer("incident");
  const bool with_incident = data.context_features > 0;
  if (with_incident && incident >= data.context_features) {
    fail(Code::out_of_range, "calorimeter.incident is ", incident, ", but the context has ",
         data.context_features, " columns, counted from 0");
  }
  const double threshold = fields.real("threshold");
  const bool clip = fields.text("negative_energy") == "clip";
  const ShowerUnits units{fields.text("energy_unit"), fields.text("length_unit")};
  const ShowerObservables shower(geometry, fields.integer("leading"), threshold, with_incident,
                                 units);
  const auto incident_of = [&](int64_t row) {
    if (!with_incident) return 1.0;
    const double energy = data.context[row * data.context_features + incident];
    if (energy > 0) return energy;
    fail(Code::out_of_range, "calorimeter: the incident energy is ", energy, " in row ", row,
         ", column ", incident, " of the context; it must be above 0");
  };
  const auto check_energies = [&](const double* cells, int64_t row) {
    if (clip) return;
    for (int64_t i = 0; i < data.features; ++i) {
      if (cells[i] >= 0) [[likely]]
        continue;
      fail(Code::out_of_range, "calorimeter: the energy is negative (", cells[i], ") in row ", row,
           ", column ", i, "; set negative_energy to 'clip' to take it as 0");
    }
  };

  Observables out;
  out.table.columns = shower.columns();
  out.table.rows = data.rows;
  out.table.values.resize(data.rows * out.table.width());
  const int64_t block = std::max(kLeastBlock, (data.rows + kMostBlocks - 1) / kMostBlocks);
  std::vector<SampleSums> sums((data.rows + block - 1) / block);
  std::vector<ShowerObservables::Workplace> places(pool.threads());
  for_each_row(pool, static_cast<int64_t>(sums.size()), [&](int64_t b, int thread) {
    sums[b].image.resize(data.features);
    sums[b].spectrum.resize(kBins);
    for (int64_t i = b * block; i < std::min((b + 1) * block, data.rows); ++i) {
      const double* cells = data.x.data() + i * data.features;
      check_energies(cells, i);
      shower.compute(cells, incident_of(i), out.table.row(i), places[thread]);
      sums[b].add(cells, threshold, data.weights.empty() ? 1.0 : data.weights[i]);
    }
  });
  for (size_t b = 1; b < sums.size(); ++b) sums[0].add(sums[b]);
  add_details(geometry, units, std::move(sums[0]), out.details);
  return out;
}

std::vector<Field> calorimeter_fields() {
  const auto list = [](const char* name, FieldType type, const char* meaning, const char* value) {
    return Field{.name = name, .type = type, .default_value = value, .meaning = meaning};
  };
  return {
      {.name = "geometry",
       .type = FieldType::text,
       .default_value = R"("")",
       .meaning = "path of a binning.xml as in the CaloChallenge; a regular grid if empty"},
      {.name = "particle",
       .type = FieldType::text,
       .default_value = R"("")",
       .meaning = "name or pid of the particle in that file, where the cells depend on it"},
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "1",
       .meaning = "layers of a regular grid",
       .least = 1,
       .greatest = 1e6},
      list("rows", FieldType::integer_list, "rows (phi) of each layer, or one for all", "[]"),
      list("columns", FieldType::integer_list, "columns (eta) of each, or one for all", "[]"),
      list("row_sizes", FieldType::real_list, "a cell's size in phi, of each or for all", "[1]"),
      list("column_sizes", FieldType::real_list, "a cell's size in eta, of each or for all", "[1]"),
      {.name = "threshold",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "cells count where their energy is above it, in the units of the data",
       .least = 0},
      {.name = "negative_energy",
       .type = FieldType::text,
       .default_value = R"("error")",
       .meaning = "a negative energy is an error, or counts as 0",
       .choices = {"error", "clip"}},
      {.name = "leading",
       .type = FieldType::integer,
       .default_value = "5",
       .meaning = "how many of the most energetic cells to tell",
       .least = 0,
       .greatest = 100},
      {.name = "incident",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "column of the context that is the incident energy, if there is a context",
       .least = 0},
      list("energy_unit", FieldType::text, "unit of the data", R"("MeV")"),
      list("length_unit", FieldType::text, "unit of the geometry", R"("mm")")};
}

}  // namespace

const ObservableSet& calorimeter_observables() {
  static const ObservableSet set = {
      .name = "calorimeter",
      .summary = "energies, shapes and sparsity of calorimeter showers",
      .description =
          "A row of the data is a shower, cell after cell, in the order of the layers; a layer's "
          "cells are in rows (phi, or the angle round the axis) and columns (eta, or the radius), "
          "column first. The context, if any, holds the incident energy. A cell counts where its "
          "energy is above the threshold. What would be divided by an energy of 0 is 0: centres, "
          "widths, fractions and ratios of an empty layer. Widths are roots of energy-weighted "
          "variances. Round the axis, eta = r cos(alpha) and phi = r sin(alpha). The details are "
          "the mean image of each layer with its edges, and the spectrum of the cells' energies.",
      .references = {"2410.21611", "1712.10321", "2106.05285"},
      .fields = calorimeter_fields(),
      .compute = compute};
  return set;
}

}  // namespace castalia::referee
