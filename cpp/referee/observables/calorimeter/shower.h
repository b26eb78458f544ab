// The observables of one shower.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_CALORIMETER_SHOWER_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_CALORIMETER_SHOWER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/referee/observables/calorimeter/geometry.h"
#include "cpp/referee/observables/observables.h"

namespace castalia::referee {

struct ShowerUnits {
  std::string energy = "MeV";
  std::string length = "mm";
};

// Conventions. A cell counts where its energy is above the threshold. What is divided by an energy
// that is 0 is 0: the fractions, ratios, centres and widths of an empty layer or shower. A width is
// the root of the energy-weighted variance, so that one cell has none. Sparsity is the share of
// cells that do not count.
class ShowerObservables {
 public:
  // `leading`: how many of the most energetic cells are told.
  ShowerObservables(const Geometry& geometry, int64_t leading, double threshold, bool with_incident,
                    const ShowerUnits& units);

  const std::vector<Observable>& columns() const { return columns_; }

  // What a thread computes with.
  struct Workplace {
    std::vector<int64_t> cells;    // of a layer, those that count
    std::vector<double> energies;  // theirs
    std::vector<double> largest, layer_largest;
    std::vector<double> layer_energies;
  };

  // cells: (geometry.cells()), none negative. Writes columns().size() numbers.
  void compute(const double* cells, double incident, double* out, Workplace& place) const;

 private:
  double fill_layer(const CellLayer& layer, const double* cells, double* out,
                    Workplace& place) const;

  const Geometry& geometry_;
  int64_t leading_;
  double threshold_;
  bool with_incident_;
  std::vector<Observable> columns_;
  std::vector<int64_t> layer_columns_;  // where each layer's begin
};

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_CALORIMETER_SHOWER_H_
