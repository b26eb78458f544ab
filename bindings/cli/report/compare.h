// One observable of two samples: histograms with the same bins, and summaries.
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

// Values in ascending order, all finite, and what each counts for.
struct Weighted {
  std::vector<double> values, weights;

  bool empty() const { return values.empty(); }
};

// What is finite of the values; weights may be empty, and each value counts for one then.
Weighted sorted(const std::vector<double>& values, const std::vector<double>& weights);

// Bins for both samples; either may be empty. Weights do not matter: what is there is to be seen.
//
// The range holds the central 99.8 % of the reference, and of the generated events as far as they
// lie within its own width on either side: a generator that runs wild must not squeeze the
// reference into one bin. It is logarithmic where the values are positive, span more than two
// decades and lie evenly across them. The number of bins grows with the third root of the number of
// events, from 10 to 50.
Binning choose_binning(const Weighted& generated, const Weighted& reference);

// Sums of weights, and of their squares: the variances of the sums.
struct Histogram {
  std::vector<double> counts, squares;
  double below = 0, above = 0;

  double total() const;
};

// What lies on the upper limit is in the last bin.
Histogram fill(const Binning& binning, const Weighted& values);

struct Summary {
  int64_t events = 0;
  int64_t not_finite = 0;  // left out of everything else
  // The number of events of equal weight that tell as much: (sum of weights)^2 / sum of squares.
  double effective = 0;
  double mean = kUnknown, spread = kUnknown, median = kUnknown;
  double least = kUnknown, greatest = kUnknown;
};
// `events` values there were before those that are not finite were left out.
Summary summarise(const Weighted& values, int64_t events);

// The difference of the means in units of its error; unknown where a sample is empty.
double mean_deviation(const Summary& one, const Summary& other);

// The normal deviate of a chi2 (Wilson and Hilferty): right to a few percent up to many sigmas.
double normal_deviate(double chi2, int ndf);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_COMPARE_H_
