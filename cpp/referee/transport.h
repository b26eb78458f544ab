// Exact optimal transport between small sets of weighted points, given the cost of every pair.
#ifndef CASTALIA_CPP_REFEREE_TRANSPORT_H_
#define CASTALIA_CPP_REFEREE_TRANSPORT_H_

#include <cstdint>
#include <span>
#include <vector>

namespace castalia::referee {

// Costs of all pairs, row-major, finite.
struct Costs {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<double> cost;

  double at(int64_t i, int64_t j) const { return cost[static_cast<size_t>(i * columns + j)]; }
};

// The least sum of costs of a one-to-one assignment of rows to columns, both of one number, by
// shortest augmenting paths (Jonker and Volgenant, Computing 38 (1987) 325). O(n^3).
double least_assignment(const Costs& costs);

// The least cost of moving the masses of the rows to those of the columns. Masses are not
// negative and their sums agree up to rounding, which is put on the last mass of the smaller sum.
// By successive shortest paths with potentials; exact up to rounding.
double least_transport(const Costs& costs, std::span<const double> supply,
                       std::span<const double> demand);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_TRANSPORT_H_
