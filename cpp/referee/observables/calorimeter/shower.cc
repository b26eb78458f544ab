#include "cpp/referee/observables/calorimeter/shower.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/text.h"

namespace castalia::referee {
namespace {

double ratio(double above, double below) { return below > 0 ? above / below : 0; }

// Keeps the largest values in falling order; `largest` has the length that is kept.
void keep_largest(std::vector<double>& largest, double value) {
  if (largest.empty() || value <= largest.back()) return;
  size_t place = largest.size() - 1;
  for (; place > 0 && largest[place - 1] < value; --place) largest[place] = largest[place - 1];
  largest[place] = value;
}

// (E1 - E2) / (E1 + E2) of the two most energetic cells.
double energy_ratio(const std::vector<double>& largest) {
  return ratio(largest[0] - largest[1], largest[0] + largest[1]);
}

struct Moments {
  double centre = 0;
  double width = 0;
};

// Energy-weighted. Two passes: the variance of a narrow shower far from the axis has no
// cancellation.
Moments moments(const std::vector<int64_t>& cells, const std::vector<double>& energies,
                double total, const std::vector<double>& where) {
  if (!(total > 0)) return {};
  double sum = 0;
  for (size_t i = 0; i < cells.size(); ++i) sum += energies[i] * where[cells[i]];
  const double centre = sum / total;
  double squares = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const double distance = where[cells[i]] - centre;
    squares += energies[i] * (distance * distance);
  }
  return {centre, std::sqrt(squares / total)};
}

// The two largest are needed for the energy ratio, however few are told.
int64_t kept(int64_t leading) { return std::max<int64_t>(leading, 2); }

}  // namespace

ShowerObservables::ShowerObservables(const Geometry& geometry, int64_t leading, double threshold,
                                     bool with_incident, const ShowerUnits& units)
    : geometry_(geometry), leading_(leading), threshold_(threshold), with_incident_(with_incident) {
  const auto add = [this](std::string name, std::string unit, std::string meaning) {
    columns_.push_back({std::move(name), std::move(unit), std::move(meaning)});
  };
  add("energy", units.energy, "energy of all cells");
  if (with_incident) add("response", "", "energy of all cells over the incident energy");
  add("depth", "", "energy-weighted mean of the layer's number");
  add("depth_width", "", "energy-weighted standard deviation of the layer's number");
  add("last_layer", "", "number of the last layer with energy");
  add("sparsity", "", "share of cells without energy");
  add("energy_ratio", "", "(E1 - E2) / (E1 + E2) of the two most energetic cells");
  for (int64_t k = 1; k <= leading; ++k) {
    add(text("leading_", k), units.energy, text("energy of the cell that is number ", k));
  }
  for (int64_t k = 1; k <= leading; ++k) {
    add(text("leading_", k, "_fraction"), "", text("leading_", k, " over the energy of all cells"));
  }
  for (const CellLayer& layer : geometry.layers) {
    layer_columns_.push_back(static_cast<int64_t>(columns_.size()));
    const std::string name = text("layer_", layer.number, "_");
    const std::string in = text(" in layer ", layer.number);
    add(name + "energy", units.energy, "energy" + in);
    add(name + "fraction", "", "share of the shower's energy" + in);
    add(name + "sparsity", "", "share of cells without energy" + in);
    add(name + "energy_ratio", "", "(E1 - E2) / (E1 + E2) of the two most energetic cells" + in);
    for (const auto& [axis, where] :
         {std::pair("eta", &layer.eta), std::pair("phi", &layer.phi), std::pair("r", &layer.r)}) {
      if (where->empty()) continue;
      add(name + axis + "_centre", units.length, text("energy-weighted mean of ", axis, in));
      add(name + axis + "_width", units.length,
          text("energy-weighted standard deviation of ", axis, in));
    }
    for (int64_t k = 1; k <= leading; ++k) {
      add(text(name, "leading_", k, "_fraction"), "",
          text("share of the layer's energy in the cell that is number ", k, in));
    }
  }
}

double ShowerObservables::fill_layer(const CellLayer& layer, const double* cells, double* out,
                                     Workplace& place) const {
  place.cells.clear();
  place.energies.clear();
  place.layer_largest.assign(kept(leading_), 0.0);
  double energy = 0;
  for (int64_t i = 0; i < layer.cells(); ++i) {
    if (!(cells[i] > threshold_)) continue;
    place.cells.push_back(i);
    place.energies.push_back(cells[i]);
    energy += cells[i];
    keep_largest(place.layer_largest, cells[i]);
  }
  const auto counting = static_cast<double>(place.cells.size());
  *out++ = energy;
  ++out;  // the fraction waits for the shower's energy
  *out++ = 1 - counting / static_cast<double>(layer.cells());
  *out++ = energy_ratio(place.layer_largest);
  for (const std::vector<double>* where : {&layer.eta, &layer.phi, &layer.r}) {
    if (where->empty()) continue;
    const Moments found = moments(place.cells, place.energies, energy, *where);
    *out++ = found.centre;
    *out++ = found.width;
  }
  for (int64_t k = 0; k < leading_; ++k) *out++ = ratio(place.layer_largest[k], energy);
  return energy;
}

void ShowerObservables::compute(const double* cells, double incident, double* out,
                                Workplace& place) const {
  place.largest.assign(kept(leading_), 0.0);
  place.layer_energies.clear();
  double energy = 0, counting = 0, last = 0, depth = 0;
  for (size_t l = 0; l < geometry_.layers.size(); ++l) {
    const CellLayer& layer = geometry_.layers[l];
    const double own = fill_layer(layer, cells + layer.first, out + layer_columns_[l], place);
    place.layer_energies.push_back(own);
    energy += own;
    counting += static_cast<double>(place.cells.size());
    depth += own * static_cast<double>(layer.number);
    if (own > 0) last = static_cast<double>(layer.number);
    for (const double each : place.layer_largest) keep_largest(place.largest, each);
  }
  depth = ratio(depth, energy);
  double squares = 0;
  for (size_t l = 0; l < geometry_.layers.size(); ++l) {
    const double distance = static_cast<double>(geometry_.layers[l].number) - depth;
    squares += place.layer_energies[l] * (distance * distance);
    out[layer_columns_[l] + 1] = ratio(place.layer_energies[l], energy);
  }
  *out++ = energy;
  if (with_incident_) *out++ = energy / incident;
  *out++ = depth;
  *out++ = std::sqrt(ratio(squares, energy));
  *out++ = last;
  *out++ = 1 - counting / static_cast<double>(geometry_.cells());
  *out++ = energy_ratio(place.largest);
  for (int64_t k = 0; k < leading_; ++k) *out++ = place.largest[k];
  for (int64_t k = 0; k < leading_; ++k) *out++ = ratio(place.largest[k], energy);
}

}  // namespace castalia::referee
