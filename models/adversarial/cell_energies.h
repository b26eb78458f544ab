// Energies of the cells of an image, as generators make them and critics see them.
#ifndef CASTALIA_MODELS_ADVERSARIAL_CELL_ENERGIES_H_
#define CASTALIA_MODELS_ADVERSARIAL_CELL_ENERGIES_H_

#include "cpp/graph/graph.h"

namespace castalia {

// The coordinate of a cell with the share t of some unit of energy is
//   y = log(1 + t / s) / log(1 + 1 / s)
// with the softness s. The logarithm lets a critic see a small cell as well as a large one, s being
// where it turns over; it goes through 0, so that an empty cell is one that a rectifier has shut,
// and ends at 1 for t = 1.
class CellCoordinate {
 public:
  explicit CellCoordinate(double softness);
  double softness() const { return softness_; }

  double of(double share) const;
  // Of any shape, float64.
  Value of(Value share) const;
  // Those above 1.5, shares of about s^-0.5, are cut off there: no true event has them. The
  // derivative of what is cut off is a tenth of that at 1.5.
  Value share(Value coordinate) const;

 private:
  double softness_;
  double unit_;  // log(1 + 1 / s)
};

// The derivative of what a threshold has taken away: 0, or 1 as of what is left, so that what a
// critic says of a cell that is shut reaches the generator.
enum class SlopeOfCut { zero, one };

// Cells, float64 (rows, cells), where those below the threshold become 0; a threshold of 0 leaves
// all as they are.
Value above_threshold(Value cells, double threshold, SlopeOfCut slope = SlopeOfCut::zero);

// Cells in the same proportions that add up to the total, float64 (rows, 1). Those of a row that
// make less than 1e-9 of it stay as they are: nothing is not scaled up.
Value with_sum(Value cells, Value total);

// The same with a threshold that no cell other than empty ones lies below. What it takes away goes
// to the cells that are left, of which the greatest is one; a row whose total does not come up to
// the threshold is empty.
Value with_sum(Value cells, Value total, double threshold, SlopeOfCut slope = SlopeOfCut::zero);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_CELL_ENERGIES_H_
