// Showers of many slices of a detector, as the networks of each slice see them.
#ifndef CASTALIA_MODELS_ADVERSARIAL_FAST_CALOGAN_SLICED_VIEW_H_
#define CASTALIA_MODELS_ADVERSARIAL_FAST_CALOGAN_SLICED_VIEW_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/prob/preprocessing.h"

namespace castalia {

// Of a shower with the incident energy E a critic sees the shares of E of its cells, of its layers,
// and of the whole. Each is scaled by constants of its slice, fitted to the showers of that slice:
// a cell's share by its root mean square, so that an empty cell stays 0; those of the layers and of
// the whole by mean and deviation.
//
// A generator gives as many numbers, on the same scales, and they are put together so that they
// agree: cells above 0 share the energy of their layer, layers that of the whole.
class SlicedView {
 public:
  // `edges` ascend: slice i holds values from edges[i] up to, but without, edges[i + 1]. Cells
  // below the threshold, in the unit of the energies, count as empty.
  SlicedView(std::vector<int64_t> cells_of_layers, std::vector<double> edges, double threshold);

  int64_t slices() const { return static_cast<int64_t>(edges_.size()) - 1; }
  int64_t layers() const { return static_cast<int64_t>(layers_.size()); }
  int64_t cells() const { return cells_; }
  int64_t columns() const { return cells_ + layers() + 1; }

  // x is row-major (rows, cells), the context (rows, 2): the incident energy and the value that
  // says which slice. Errors: empty_data (no showers, or none of a slice); those of check();
  // invalid_argument where the incident energy, or the response of a slice, is the same throughout.
  void fit(std::span<const double> x, std::span<const double> context);
  bool fitted() const { return !scales_.empty(); }
  // An Error with row (the first is named first_row) and column, counted from 0: not_finite;
  // out_of_range for cells below 0, for energies of 0 and below, and for a value in no slice.
  void check(std::span<const double> x, std::span<const double> context, int64_t first_row) const;
  std::string json() const;
  void set_json(const std::string& text);

  // The context as graphs take it, (rows, 2), and what follows from it.
  Value energy(Value context) const;    // float64 (rows, 1)
  Value slice_of(Value context) const;  // int64 (rows)
  // log E, scaled to [-1, 1] over the showers of the data: float64 (rows, 1).
  Value incident(Value context) const;

  // Float64 (rows, columns()) of energies of cells, float64 (rows, cells).
  Value of(Value x, Value context) const;
  // Energies of cells from what a generator gives, float64 (rows, columns()).
  Value showers(Value generated, Value context) const;
  Value kept(Value x) const;  // what lies below the threshold becomes 0

 private:
  int64_t slice_index(double value) const;  // negative: none
  // Constants of each row's slice, float64 (rows, columns()).
  Value looked_up(const std::vector<double>& table, Value ids) const;

  std::vector<int64_t> layers_;  // cells in each
  std::vector<double> edges_;
  double threshold_;
  int64_t cells_;
  Preprocessing incident_;
  std::vector<double> shifts_;  // (slices, columns)
  std::vector<double> scales_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_FAST_CALOGAN_SLICED_VIEW_H_
