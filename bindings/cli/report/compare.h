// One observable of two samples: histograms with the same bins, and how far they are apart.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_COMPARE_H_
#define CASTALIA_BINDINGS_CLI_REPORT_COMPARE_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "bindings/cli/report/axis.h"

namespace castalia_cli::report {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Equal bins on a linear or logarithmic axis.
struct Binning {
  Axis axis;
  int bins = 1;
  // Bins of one or more whole numbers each, for what is counted.
  bool whole_numbers = false;

  double edge(int bin) const { return axis.at(static_cast<double>(bin) / bins); }
};

// Bins for both samples, which are in ascending order and finite; either may be empty.
//
// The range holds the central 99.8 % of the reference, and of the generated events as far as they
// lie within its own width on either side: a generator that runs wild must not squeeze the
// reference into one bin. It is logarithmic where the values are positive, span more than two
// decades and lie evenly across them. The number of bins grows with the third root of the number of
// events, from 10 to 50.
Binning choose_binning(const std::vector<double>& generated, const std::vector<double>& reference);

struct Histogram {
  std::vector<int64_t> counts;
  int64_t below = 0, above = 0;

  int64_t total() const;
};

// What lies on the upper limit is in the last bin.
Histogram fill(const Binning& binning, const std::vector<double>& values);

struct Summary {
  int64_t events = 0;
  int64_t not_finite = 0;  // left out of everything else
  double mean = kUnknown, spread = kUnknown, median = kUnknown;
  double least = kUnknown, greatest = kUnknown;
};

// How far two samples of one observable are apart, and what is expected of two samples of one
// distribution with these sizes. Unknown where a sample is empty.
struct Distance {
  // Of the bins with under- and overflow; neighbours are joined until they hold kLeastCount events
  // of both samples together.
  double chi2 = kUnknown;
  int ndf = 0;
  double shape_deviation = kUnknown;  // the normal deviate of that chi2, above 0 for too far apart
  double mean_deviation = kUnknown;   // difference of the means in units of its error
  // 1/2 sum (p - q)^2 / (p + q) over the same bins: 0 for equal, 1 for disjoint histograms.
  double separation = kUnknown, separation_expected = kUnknown;
  // Area between the distribution functions, in units of the observable.
  double wasserstein = kUnknown, wasserstein_expected = kUnknown;

  double chi2_per_ndf() const { return ndf > 0 ? chi2 / ndf : kUnknown; }
  // The greater of the two deviations.
  double deviation() const;
};

inline constexpr int64_t kLeastCount = 10;

// `one` and `other` in ascending order.
Distance distance(const Binning& binning, const std::vector<double>& one,
                  const std::vector<double>& other);

// Ascending, without what is not finite.
std::vector<double> sorted(const std::vector<double>& values);
Summary summarise(const std::vector<double>& values);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_COMPARE_H_
