// Distributions of test statistics, and summaries of repeated values.
#ifndef CASTALIA_CPP_REFEREE_STATISTICS_H_
#define CASTALIA_CPP_REFEREE_STATISTICS_H_

#include <span>
#include <vector>

namespace castalia::referee {

// The probability of a chi-square above `value` with `degrees` degrees of freedom; 1 for none.
double chi_square_tail(double value, double degrees);

// The probability that the Kolmogorov-Smirnov distance exceeds `distance` by chance, for `events`
// effective events: n for a sample against a law, n m / (n + m) for two samples. Stephens'
// correction of the asymptotic series; good to 0.01 for 4 events and better for more.
double kolmogorov_tail(double distance, double events);

// Mean and standard deviation (with n - 1) of values; the deviation of a single one is unknown.
struct Summary {
  double mean = 0;
  double deviation = 0;
};
Summary summarise(std::span<const double> values);

// By linear interpolation between order statistics (as NumPy's default). `share` in [0, 1]; values
// need not be sorted and are not empty.
double quantile(std::span<const double> values, double share);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_STATISTICS_H_
