#include "cpp/train/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/base/status.h"

namespace castalia {
namespace {

constexpr double kArmijo = 1e-4;
constexpr double kWolfe = 0.9;
constexpr int kMostTrials = 30;

double dot(std::span<const double> a, std::span<const double> b) {
  double total = 0;
  for (size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
  return total;
}

}  // namespace

Lbfgs::Lbfgs(int64_t size, int64_t history)
    : size_(size),
      history_(history),
      steps_(static_cast<size_t>(size * history)),
      bends_(static_cast<size_t>(size * history)),
      inverse_(static_cast<size_t>(history)),
      alpha_(static_cast<size_t>(history)) {
  for (std::vector<double>* each :
       {&x_, &gradient_, &direction_, &trial_, &trial_gradient_, &found_, &found_gradient_}) {
    each->resize(static_cast<size_t>(size));
  }
}

std::span<double> Lbfgs::row(std::vector<double>& rows, int64_t i) const {
  return std::span(rows).subspan(static_cast<size_t>((first_ + i) % history_ * size_),
                                 static_cast<size_t>(size_));
}

// The two loops: minus the inverse Hessian times the gradient, without either matrix.
void Lbfgs::find_direction() {
  for (size_t k = 0; k < direction_.size(); ++k) direction_[k] = -gradient_[k];
  if (count_ == 0) return;
  const auto place = [&](int64_t i) { return static_cast<size_t>((first_ + i) % history_); };
  for (int64_t i = count_ - 1; i >= 0; --i) {
    const double a = inverse_[place(i)] * dot(moved(i), direction_);
    alpha_[place(i)] = a;
    const std::span<const double> y = bent(i);
    for (size_t k = 0; k < y.size(); ++k) direction_[k] -= a * y[k];
  }
  const std::span<const double> newest = bent(count_ - 1);
  const double scale = 1.0 / (inverse_[place(count_ - 1)] * dot(newest, newest));
  for (double& each : direction_) each *= scale;
  for (int64_t i = 0; i < count_; ++i) {
    const double b = inverse_[place(i)] * dot(bent(i), direction_);
    const std::span<const double> s = moved(i);
    for (size_t k = 0; k < s.size(); ++k) direction_[k] += (alpha_[place(i)] - b) * s[k];
  }
}

// By bisection between what is too short and what is too long (Lewis and Overton, Mathematical
// Programming 141, 2013).
Lbfgs::Result Lbfgs::step(std::span<double> x, const Function& function) {
  Result result;
  const double start = function(x, gradient_);
  result.value = start;
  result.evaluations = 1;
  const double slope2 = dot(gradient_, gradient_);
  if (!std::isfinite(slope2)) result.value = std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(result.value) || slope2 == 0) return result;
  std::copy(x.begin(), x.end(), x_.begin());
  find_direction();
  double slope = dot(gradient_, direction_);
  if (!(slope < 0)) {  // rounding has spoiled what is remembered
    count_ = 0;
    find_direction();
    slope = -slope2;
  }
  double length = count_ == 0 ? first_length() : 1.0;
  double too_short = 0;
  double too_long = std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < kMostTrials; ++trial) {
    for (size_t k = 0; k < trial_.size(); ++k) trial_[k] = x_[k] + length * direction_[k];
    const double value = function(trial_, trial_gradient_);
    ++result.evaluations;
    if (value <= start + kArmijo * length * slope) {
      std::swap(trial_, found_);
      std::swap(trial_gradient_, found_gradient_);
      result.value = value;
      result.length = length;
      if (dot(found_gradient_, direction_) >= kWolfe * slope) break;
      too_short = length;
    } else {  // NaN, too
      too_long = length;
    }
    length = std::isfinite(too_long) ? 0.5 * (too_short + too_long) : 2.0 * length;
  }
  if (result.length == 0) {
    count_ = 0;
    std::copy(x_.begin(), x_.end(), x.begin());
    return result;
  }
  std::copy(found_.begin(), found_.end(), x.begin());
  remember();
  return result;
}

// Nothing is known of the scale at first: no longer than one in the 1-norm.
double Lbfgs::first_length() const {
  double norm = 0;
  for (const double each : gradient_) norm += std::abs(each);
  return std::min(1.0, 1.0 / norm);
}

// From where the step began to what it found.
void Lbfgs::remember() {
  double product = 0;
  double bend2 = 0;
  for (size_t k = 0; k < x_.size(); ++k) {
    x_[k] = found_[k] - x_[k];
    gradient_[k] = found_gradient_[k] - gradient_[k];
    product += x_[k] * gradient_[k];
    bend2 += gradient_[k] * gradient_[k];
  }
  // Without curvature along the step the inverse would not stay positive.
  if (!(product > std::numeric_limits<double>::epsilon() * bend2)) return;
  if (count_ == history_) {
    first_ = (first_ + 1) % history_;
    --count_;
  }
  std::copy(x_.begin(), x_.end(), moved(count_).begin());
  std::copy(gradient_.begin(), gradient_.end(), bent(count_).begin());
  inverse_[static_cast<size_t>((first_ + count_) % history_)] = 1.0 / product;
  ++count_;
}

std::vector<double> Lbfgs::pairs() const {
  std::vector<double> out;
  out.reserve(static_cast<size_t>(2 * count_ * size_));
  for (int64_t i = 0; i < count_; ++i) {
    const auto first = static_cast<ptrdiff_t>((first_ + i) % history_ * size_);
    for (const std::vector<double>* rows : {&steps_, &bends_}) {
      out.insert(out.end(), rows->begin() + first, rows->begin() + first + size_);
    }
  }
  return out;
}

void Lbfgs::set_pairs(std::span<const double> pairs) {
  const auto size = static_cast<size_t>(size_);
  check(size > 0 && pairs.size() % (2 * size) == 0 &&
            pairs.size() / (2 * size) <= static_cast<size_t>(history_),
        pairs.size(), " numbers are no ", history_, " pairs of ", size_);
  first_ = 0;
  count_ = static_cast<int64_t>(pairs.size() / (2 * size));
  for (int64_t i = 0; i < count_; ++i) {
    const auto pair = pairs.subspan(static_cast<size_t>(i) * 2 * size, 2 * size);
    std::copy_n(pair.begin(), size, moved(i).begin());
    std::copy_n(pair.begin() + static_cast<ptrdiff_t>(size), size, bent(i).begin());
    inverse_[static_cast<size_t>(i)] = 1.0 / dot(moved(i), bent(i));
  }
}

}  // namespace castalia
