#include "models/adversarial/cell_energies.h"

#include <cmath>

#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kGreatestCoordinate = 1.5;
constexpr double kLeastMade = 1e-9;
constexpr double kSlopeOfCut = 0.1;
constexpr double kVast = 1e6;  // a coordinate of a network that is broken

Value with_slope(Value left, Value cells, SlopeOfCut slope) {
  if (slope == SlopeOfCut::zero) return left;
  return with_slope_of(left, cells - left);
}

}  // namespace

CellCoordinate::CellCoordinate(double softness)
    : softness_(softness), unit_(std::log1p(1 / softness)) {}

double CellCoordinate::of(double share) const { return std::log1p(share / softness_) / unit_; }

Value CellCoordinate::of(Value share) const { return log1p(share / softness_) / unit_; }

Value CellCoordinate::share(Value coordinate) const {
  const auto below = [&](double greatest) {
    return minimum(coordinate, coordinate.graph().scalar(greatest, DType::float64));
  };
  // Nothing is added but a slope: a generator would never bring back what it has made too large.
  const Value cut = below(kGreatestCoordinate);
  const Value beyond = kSlopeOfCut * (below(kVast) - cut);
  return softness_ * expm1(unit_ * with_slope_of(cut, beyond));
}

Value above_threshold(Value cells, double threshold, SlopeOfCut slope) {
  if (threshold == 0) return cells;
  const Value least = cells.graph().scalar(threshold, DType::float64);
  const Value left = select(less(cells, least), cells.graph().scalar(0, DType::float64), cells);
  return with_slope(left, cells, slope);
}

Value with_sum(Value cells, Value total) {
  const Value made = sum(cells, {1});
  const Value least = kLeastMade * total;
  const Value one = cells.graph().scalar(1, DType::float64);
  return cells * select(less(made, least), one, total / maximum(made, least));
}

Value with_sum(Value cells, Value total, double threshold, SlopeOfCut slope) {
  const Value scaled = with_sum(cells, total);
  if (threshold == 0) return scaled;
  // Once more behind the threshold, which takes energy away: what is left grows, and stays above.
  // The greatest cell, the first of equal ones, is left in any case, and comes up to the threshold
  // where the total does.
  const Value greatest = one_hot(argmax(scaled, 1), scaled.columns(), DType::float64);
  const Value left = select(greatest, scaled, above_threshold(scaled, threshold));
  return above_threshold(with_sum(with_slope(left, scaled, slope), total), threshold, slope);
}

}  // namespace castalia
