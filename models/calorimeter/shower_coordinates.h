// What the flows of layer energies and cells see of a shower: coordinates in which both are smooth
// densities, and the way back.
#ifndef CASTALIA_MODELS_CALORIMETER_SHOWER_COORDINATES_H_
#define CASTALIA_MODELS_CALORIMETER_SHOWER_COORDINATES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/prob/preprocessing.h"
#include "cpp/prob/transformer.h"

namespace castalia {

// Energies are in one unit, MeV say; rows are showers. With E the incident energy, e_i the energy
// of layer i with its noise, n_i the number of its cells, c the noise and x a cell's energy:
//   of layers  logit((e_0 + ... + e_L-1) / (r E)), logit(e_0 / (e_0 + ...)), logit(e_1 / (e_1 +
//              ...)), ..., each standardised (arXiv:2106.05285); r, a little above the greatest
//              response in the data, is fitted
//   of cells   logit(alpha + (1 - 2 alpha) (x + c u) / (e_i + n_i c)), scaled to [-1, 1]
//   condition  log E, and log(e_i + c) of each layer, all standardised
// where u, uniform in (0, 1), is the noise: it makes densities of the many cells that are 0.
class ShowerCoordinates {
 public:
  struct Settings {
    std::vector<int64_t> cells;  // of each layer
    double noise = 1e-3;         // c; a layer drawn below it is empty
    double threshold = 1e-3;     // a cell drawn below it is empty
    double alpha = 1e-6;
  };
  explicit ShowerCoordinates(Settings settings);

  int64_t layers() const { return static_cast<int64_t>(settings_.cells.size()); }
  int64_t cells() const { return cells_; }

  // x is row-major (rows, cells), the incident energies (rows). Errors: empty_data; not_finite and
  // out_of_range with row and column (negative cells, incident energies of 0 and below);
  // invalid_argument (a coordinate is the same in all showers).
  void fit(std::span<const double> x, std::span<const double> incident);
  void check(std::span<const double> x, std::span<const double> incident, int64_t first_row) const;
  bool fitted() const { return energies_.fitted(); }
  std::string json() const;
  void set_json(const std::string& text);

  // All are float64. Layer energies are (rows, layers), the incident energy (rows, 1), and noise
  // uniform in (0, 1): (rows, layers) or (rows, cells). Log-determinants, (rows, 1), are those of
  // coordinates with respect to smeared energies.
  Value layer_energies(Value x) const;
  Value smeared(Value energies, Value noise) const;
  Mapped of_layers(Value smeared, Value incident) const;
  Value to_layers(Value coordinates, Value incident) const;  // smeared energies
  Value without_noise(Value smeared) const;                  // layers below the noise are empty
  Value condition(Value energies, Value incident) const;     // (rows, 1 + layers)
  Mapped of_cells(Value x, Value energies, Value noise) const;
  // Cells that add up to the energies of their layers: those below the threshold are empty, unless
  // all of a layer are, which then has its energy in the greatest.
  Value to_cells(Value coordinates, Value energies) const;

 private:
  Value of_cells_of(Value per_layer) const;
  Value scale_of_cells(Value energies) const;

  Settings settings_;
  int64_t cells_ = 0;
  std::vector<int64_t> layer_of_cell_;
  double stretch_;      // the logit of 1 - alpha
  double ceiling_ = 0;  // r; 0 until fitted
  Preprocessing energies_;
  Preprocessing condition_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_CALORIMETER_SHOWER_COORDINATES_H_
