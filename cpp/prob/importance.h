// What the weights of a sample say of the density that it was drawn from.
#ifndef CASTALIA_CPP_PROB_IMPORTANCE_H_
#define CASTALIA_CPP_PROB_IMPORTANCE_H_

#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace castalia {

// Sums over log-weights log p(x) - log q(x) of draws x from q, p being of any norm Z. One that is
// minus infinity is a weight of zero. What follows from no draws, or from weights that are all
// zero, is NaN.
class ImportanceSums {
 public:
  void add(std::span<const double> log_weights);

  int64_t count() const { return static_cast<int64_t>(count_); }
  double log_z() const;  // of the mean weight
  // One standard deviation of log_z(), from the weights' variance; NaN for a single draw.
  double log_z_error() const;
  // (sum of weights)^2 / sum of squares: as many draws of p itself would say as much.
  double effective_sample_size() const;
  // Mean weight / largest weight: the share that unweighting keeps.
  double acceptance() const;

  // To be kept in a file.
  std::array<double, 4> state() const { return {count_, largest_, sum_, squares_}; }
  void set_state(std::span<const double, 4> state);

 private:
  double count_ = 0;
  double largest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;      // of exp(log_weight - largest)
  double squares_ = 0;  // of its squares
};

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_IMPORTANCE_H_
