// One column at a time: empirical distributions and histograms of two samples, with replicates that
// give errors and what equal distributions would give.
//
// Replicates are by multipliers: each event gets a random sign, one for all columns, and the
// fluctuation of a distribution is the signed sum of what its events add to it (the multiplier
// central limit theorem; van der Vaart and Wellner, 1996, section 2.9). Added to nothing, such
// fluctuations are those of two samples of one distribution; added to the difference that is there,
// they give its error. Signs are shared by columns, so means over columns have the right error
// however columns are correlated, and weights need no special case.
#ifndef CASTALIA_CPP_REFEREE_COLUMNS_H_
#define CASTALIA_CPP_REFEREE_COLUMNS_H_

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cpp/referee/metric.h"
#include "cpp/train/dataset.h"

namespace castalia::referee {

inline constexpr size_t kReplicates = 32;

// A statistic of one column, or the mean of several: its value and those of the replicates.
struct Replicated {
  double value = 0;
  std::array<double, kReplicates> spread{};  // with the difference that is there
  std::array<double, kReplicates> null{};    // without

  Replicated& operator+=(const Replicated& other);
  Replicated& operator*=(double factor);
  Figure figure(const std::string& name) const;
};

// The mean over columns.
Replicated mean_of(std::span<const Replicated> columns);

// The figure for the mean over the columns, named `name`, and details `<name>`, `<name>_error`,
// `<name>_null_value`, `<name>_null_error`, one number a column.
void add_mean(std::span<const Replicated> columns, const std::string& name, Judgement& judgement);

// The largest over columns, in each replicate too; zero where none is above.
Replicated largest_of(std::span<const Replicated> columns);

// Weights of both samples, those of the reference negative, and their signs. Rows of one event (the
// particles of a jet) fluctuate together: they share a sign, and count as one.
class SignedEvents {
 public:
  // `event_of_generated[i]` is the event of row i, not decreasing; empty when row i is event i.
  SignedEvents(const Dataset& generated, const Dataset& reference, uint64_t seed,
               std::span<const int64_t> event_of_generated = {},
               std::span<const int64_t> event_of_reference = {});

  int64_t generated() const { return generated_; }
  int64_t count() const { return static_cast<int64_t>(weights_.size()); }
  // Rows of the reference follow those of the generated.
  double weight(int64_t event) const { return weights_[static_cast<size_t>(event)]; }
  // Adds factor times the sign to each of the sums.
  void add_signs(int64_t event, float factor, float* sums) const {
    uint32_t signs = signs_[static_cast<size_t>(event)];
    for (size_t four = 0; four < kReplicates / 4; ++four, signs >>= 4) {
      const std::array<float, 4>& sign = kSigns[signs & 15];
      for (size_t i = 0; i < 4; ++i) sums[4 * four + i] += factor * sign[i];
    }
  }
  // The signed sum of all weights, of each replicate.
  const std::array<float, kReplicates>& totals() const { return totals_; }
  // How much the generated sample counts in the common distribution: its share of effective events.
  double generated_share() const { return generated_share_; }
  double effective_generated() const { return effective_generated_; }
  double effective_reference() const { return effective_reference_; }

 private:
  static const std::array<std::array<float, 4>, 16> kSigns;

  int64_t generated_;
  std::vector<double> weights_;
  std::vector<uint32_t> signs_;
  std::array<float, kReplicates> totals_{};
  double generated_share_, effective_generated_, effective_reference_;
};

// Numbers in the order of the values; -0 and 0 are one value.
inline uint64_t order_key(double value) {
  const auto bits = std::bit_cast<uint64_t>(value + 0.0);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}

// A column of both samples in increasing order.
struct PooledColumn {
  std::vector<double> value;
  std::vector<uint32_t> event;  // numbered as in SignedEvents
};

// Calls work(column, values of the generated, values of the reference, thread) for every column, on
// all threads.
using ColumnWork = std::function<void(int64_t column, std::span<const double> generated,
                                      std::span<const double> reference, int thread)>;
void for_each_column(const Dataset& generated, const Dataset& reference, Work& work,
                     const ColumnWork& column_work);

// Sorts values, with a number each; equal values keep their order.
class ColumnSorter {
 public:
  void sort(std::span<const double> generated, std::span<const double> reference,
            PooledColumn& out);

 private:
  struct Item {
    uint64_t key;
    uint32_t event;
  };
  void sort_items();
  std::vector<Item> items_, other_;
};

// The distances between the two empirical distribution functions of a column.
struct EmpiricalDistances {
  Replicated largest;  // Kolmogorov-Smirnov
  Replicated area;     // Wasserstein-1
};
// Only what is asked for is computed; the rest stays zero.
EmpiricalDistances empirical_distances(const PooledColumn& column, const SignedEvents& events,
                                       bool largest, bool area);

// The Wasserstein-1 distance of every column, in the columns' own units.
std::vector<Replicated> wasserstein_distances(const Dataset& generated, const Dataset& reference,
                                              const SignedEvents& events, Work& work);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_COLUMNS_H_
