// What the numbers of an image mean, to its user and to the networks.
#ifndef CASTALIA_MODELS_ADVERSARIAL_IMAGE_VIEW_H_
#define CASTALIA_MODELS_ADVERSARIAL_IMAGE_VIEW_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/prob/preprocessing.h"
#include "models/adversarial/cell_energies.h"

namespace castalia {

// Rows of cells, each of some numbers: its features, of which every one has a scale of its own. The
// networks see coordinates:
//   energies  CellCoordinate of the share that a cell has of the largest one in the data or, where
//             the total of an image is known, of that total
//   reals     (x - mean) / deviation
// Both true and made images are read so. The scales are a Preprocessing of the cells' features.
class ImageView {
 public:
  struct Settings {
    int64_t cells;
    int64_t cell_features;
    bool energies = true;  // 0 or above
    double softness = 1e-3;
    double threshold = 0;  // energies below it count as 0, and are made 0
  };
  explicit ImageView(const Settings& settings)
      : settings_(settings), coordinate_(settings.softness) {}

  int64_t features() const { return settings_.cells * settings_.cell_features; }

  // Errors with row (the first is named first_row) and column of x, row-major (rows, features):
  // not_finite; out_of_range for energies below 0.
  void check(std::span<const double> x, int64_t first_row) const;
  // One chain of preprocessing for each feature of a cell; an empty list, which means standardise,
  // for reals and without data. An Error (invalid_argument) for energies that are all 0.
  std::vector<std::string> chains(std::span<const double> x) const;

  // Float64 (rows, features). The total, float64 (rows, 1), is null where it is not known.
  Value coordinates(Value x, const Preprocessing& scales, Value total) const;
  // Coordinates from a network's results, of any shape and type: those of energies are rectified,
  // and what the critic says of an empty cell reaches the generator by a tenth.
  Value rectified(Value results) const;
  // Images from such coordinates. Energies add up to the total unless all of a row are empty or
  // below the threshold. Cells below it are 0, with the derivatives of those that are not.
  Value cells(Value coordinates, const Preprocessing& scales, Value total) const;

 private:
  // (rows, features) with a row for each cell, and back.
  Value table(Value rows) const;
  Value images(Value table) const;

  Settings settings_;
  CellCoordinate coordinate_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_IMAGE_VIEW_H_
