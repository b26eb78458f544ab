// What CaloGAN's critic sees of a shower, and what its generator's numbers mean.
#ifndef CASTALIA_MODELS_ADVERSARIAL_CALOGAN_SHOWER_VIEW_H_
#define CASTALIA_MODELS_ADVERSARIAL_CALOGAN_SHOWER_VIEW_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/prob/preprocessing.h"
#include "models/adversarial/cell_energies.h"

namespace castalia {

// A cell of energy x is its CellCoordinate, as a share of the incident energy E: shares make
// showers of all energies alike, and the critic sees a cell of a hundredth of a per mille of E as
// well as one of a tenth of it. Both true and made showers are read so, and made ones are turned
// back exactly.
//
// Beside the coordinates stand observables that no critic of that size would compute from them well
// enough, each standardised by constants fitted to the data:
//   of each layer  the coordinate of its energy; its occupancy, the mean of t / (t + s) over its
//                  cells, t = x / E and s the softness, which counts them and yet has a slope
//   of the whole   the response, the sum of all cells over E; how far it lies from its mean
// Cells below the threshold count as empty throughout.
class ShowerView {
 public:
  struct Settings {
    std::vector<int64_t> cells;  // of each layer
    double softness = 1e-5;      // s
    double threshold = 0;        // in the unit of the energies
  };
  explicit ShowerView(Settings settings);

  int64_t layers() const { return static_cast<int64_t>(settings_.cells.size()); }
  int64_t cells() const { return cells_; }
  int64_t observables() const { return 2 * layers() + 2; }

  // x is row-major (rows, cells), the incident energies (rows). Errors: empty_data; those of
  // check_showers(); invalid_argument (an observable or the incident energy is the same in all
  // showers).
  void fit(std::span<const double> x, std::span<const double> incident);
  bool fitted() const { return response_.fitted(); }
  std::string json() const;
  void set_json(const std::string& text);

  // All are float64, with a row for each shower.
  Value incident(Value energy) const;  // standardised log E
  // Cells and then observables: (rows, cells + observables).
  Value of(Value x, Value energy) const;
  // Shares of E from coordinates.
  Value shares(Value coordinates) const { return coordinate_.share(coordinates); }
  double threshold() const { return settings_.threshold; }
  // The sum of all cells over E from its standardised value: never below a thousandth of its mean.
  Value response(Value standardised) const;
  // The incident energy that a shower speaks for, by the mean response, over the true one.
  Value reconstructed(Value x, Value energy) const;

 private:
  Value mean_response(Graph& graph) const;  // (1, 1)

  Settings settings_;
  int64_t cells_;
  CellCoordinate coordinate_;
  Preprocessing incident_;
  Preprocessing response_;
  Preprocessing of_layers_;  // energies, then occupancies
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_CALOGAN_SHOWER_VIEW_H_
