// Means and covariances of many batches of a sample, and the Frechet distance between Gaussians.
#ifndef CASTALIA_CPP_REFEREE_FRECHET_H_
#define CASTALIA_CPP_REFEREE_FRECHET_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {

struct Moments {
  int64_t columns = 0;
  std::vector<double> mean;        // (columns)
  std::vector<double> covariance;  // (columns, columns), unbiased
};

// The sums of first and second order of groups of events. A batch is so many copies of each group,
// so the moments of all batches together are one matrix product. Groups are single events where
// memory allows (about 50 columns and 50,000 events), else of events in random order, so that
// batches made of groups have the law of batches made of events.
class GroupedMoments {
 public:
  // Columns are shifted by `centre`, which keeps digits, and then multiplied by the factors.
  GroupedMoments(const Dataset& data, std::span<const double> centre,
                 std::span<const double> factors, uint64_t seed, uint16_t use, Work& work);

  int64_t groups() const { return groups_; }
  double rows_per_group() const { return rows_per_group_; }
  double rows() const { return rows_per_group_ * static_cast<double>(groups_); }
  double weight() const;  // of all events

  // copies: (batches, groups).
  void set_batches(std::vector<double> copies, Work& work);
  // Every batch becomes itself and the other's, whose weights are multiplied by the factor.
  void add_batches(const GroupedMoments& other, double factor);
  int64_t batches() const { return batches_; }
  // Into the memory that `out` has.
  void moments(int64_t batch, Moments& out) const;

 private:
  int64_t columns_;
  int64_t groups_ = 0;
  int64_t length_;  // of a group's sums: weight, weight^2, weight x, upper triangle of weight x x'
  double rows_per_group_ = 1;
  std::vector<double> sums_;          // (groups, length)
  std::vector<double> batches_sums_;  // (batches, length)
  int64_t batches_ = 0;
};

// |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)). Singular covariances are fine.
double frechet_distance(const Moments& a, const Moments& b);

// Of batch i of one with batch i of the other, for all.
std::vector<double> frechet_distances(const GroupedMoments& a, const GroupedMoments& b, Work& work);

// What the distance of two samples of one distribution with these sizes would be: all events of
// both are shared out again at random. Halves of the reference alone, scaled by the sizes, do not
// tell: an event that is rare lies in one sample only, and with few events a column the distance is
// no longer proportional to 1 / n + 1 / m. Sets the batches of both, of two groups at least.
struct NullDistance {
  double mean = 0;
  double deviation = 0;
};
NullDistance null_frechet_distance(GroupedMoments& x, GroupedMoments& y, int64_t splits,
                                   uint64_t seed, Work& work);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_FRECHET_H_
