// What the numbers of an image mean, to its user and to the networks.
#ifndef CASTALIA_MODELS_ADVERSARIAL_IMAGE_VIEW_H_
#define CASTALIA_MODELS_ADVERSARIAL_IMAGE_VIEW_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "models/adversarial/cell_energies.h"

namespace castalia {

// Rows of cells, each of some numbers: its features, of which every one has a scale of its own,
// fitted to the data. The networks see coordinates:
//   energies  CellCoordinate of the share that a cell has of the largest one in the data or, where
//             the total of an image is known, of that total
//   reals     (x - mean) / deviation
// Both true and made images are read so.
class ImageView {
 public:
  struct Settings {
    int64_t cells;
    int64_t cell_features;
    bool energies = true;  // 0 or above
    double softness = 1e-3;
    double threshold = 0;  // energies below it count as 0, and are made 0
  };
  explicit ImageView(const Settings& settings);

  int64_t features() const { return settings_.cells * settings_.cell_features; }

  // x is row-major (rows, features); empty where there are no data: nothing is then scaled. An
  // Error (invalid_argument) for a feature of cells that is the same in all of them, or 0.
  void fit(std::span<const double> x);
  bool fitted() const { return !scales_.empty(); }
  // Errors with row (the first is named first_row) and column: not_finite; out_of_range for
  // energies below 0.
  void check(std::span<const double> x, int64_t first_row) const;
  std::string json() const;
  void set_json(const std::string& text);

  // Float64 (rows, features). The total, float64 (rows, 1), is null where it is not known.
  Value coordinates(Value x, Value total) const;
  // Coordinates from a network's results, of any shape and type: those of energies are rectified.
  Value rectified(Value results) const;
  // Images from such coordinates. Energies add up to the total unless all of a row are empty or
  // below the threshold.
  Value cells(Value coordinates, Value total) const;

 private:
  Value of_features(Value like, const std::vector<double>& each) const;

  Settings settings_;
  CellCoordinate coordinate_;
  std::vector<double> shifts_, scales_;  // of each feature of a cell
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_IMAGE_VIEW_H_
