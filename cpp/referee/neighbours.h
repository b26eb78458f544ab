// Nearest neighbours between all rows of two samples. Candidates come from products in float; those
// that the error of a float could have put on the wrong side are computed again in double, so what
// is returned is exact.
#ifndef CASTALIA_CPP_REFEREE_NEIGHBOURS_H_
#define CASTALIA_CPP_REFEREE_NEIGHBOURS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/referee/metric.h"
#include "cpp/referee/pairs.h"

namespace castalia::referee {

// Of each query the k nearest rows, nearest first; ties by the number of the row. Distances are
// squared, in the frame of the points.
struct Neighbours {
  int64_t k = 0;
  std::vector<double> distance;  // (queries, k)
  std::vector<int64_t> row;      // (queries, k)

  double farthest(int64_t query) const {
    return distance[static_cast<size_t>((query + 1) * k - 1)];
  }
};

// In its own sample; a row is no neighbour of itself. The sample has more than k rows.
Neighbours nearest(const Points<float>& points, int64_t k, Work& work);

// Balls around the rows of two samples: how many of the other sample's lie inside (nearer than the
// radius), and their weight. Radii are squared.
struct BallCounts {
  std::vector<int64_t> balls_around_left;   // of `right`, that hold the row of `left`
  std::vector<int64_t> balls_around_right;  // of `left`, that hold the row of `right`
  std::vector<int64_t> inside_left;         // rows of `right` in the ball of the row of `left`
  std::vector<int64_t> inside_right;
  std::vector<double> weight_inside_left;
  std::vector<double> weight_inside_right;
};
BallCounts count_in_balls(const Points<float>& left, std::span<const double> left_radii,
                          const Points<float>& right, std::span<const double> right_radii,
                          Work& work);

// The same, and of every row the k nearest of the other sample, which has k rows at least.
struct AcrossSamples {
  BallCounts balls;
  Neighbours of_left, of_right;
};
AcrossSamples compare_neighbourhoods(const Points<float>& left, std::span<const double> left_radii,
                                     const Points<float>& right,
                                     std::span<const double> right_radii, int64_t k, Work& work);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_NEIGHBOURS_H_
