#include "cpp/prob/importance.h"

#include <cmath>

namespace castalia {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void ImportanceSums::add(std::span<const double> log_weights) {
  for (const double log_weight : log_weights) {
    ++count_;
    if (std::isinf(log_weight) && log_weight < 0) continue;
    if (log_weight > largest_) {
      const double shrink = std::exp(largest_ - log_weight);
      sum_ *= shrink;
      squares_ *= shrink * shrink;
      largest_ = log_weight;
    }
    const double weight = std::exp(log_weight - largest_);
    sum_ += weight;
    squares_ += weight * weight;
  }
}

double ImportanceSums::log_z() const {
  return sum_ > 0 ? largest_ + std::log(sum_ / count_) : kNaN;
}

double ImportanceSums::log_z_error() const {
  if (!(sum_ > 0) || count_ < 2) return kNaN;
  const double relative_variance = count_ * squares_ / (sum_ * sum_) - 1;
  return std::sqrt(std::fmax(relative_variance, 0.0) / (count_ - 1));
}

double ImportanceSums::effective_sample_size() const {
  return sum_ > 0 ? sum_ * sum_ / squares_ : kNaN;
}

double ImportanceSums::acceptance() const { return sum_ > 0 ? sum_ / count_ : kNaN; }

void ImportanceSums::set_state(std::span<const double, 4> state) {
  count_ = state[0];
  largest_ = state[1];
  sum_ = state[2];
  squares_ = state[3];
}

}  // namespace castalia
