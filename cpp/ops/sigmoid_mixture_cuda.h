// Mixtures of sigmoids, made into maps of the whole line by logit (arXiv:1902.00275,
// arXiv:1804.00779), on a device.
#ifndef CASTALIA_CPP_OPS_SIGMOID_MIXTURE_CUDA_H_
#define CASTALIA_CPP_OPS_SIGMOID_MIXTURE_CUDA_H_

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/ops/monotone_cuda.h"
#include "cpp/ops/sigmoid_mixture.h"

namespace castalia::cuda {

struct SigmoidMixtureNumbers {
  int members;
  double rest;
};
inline SigmoidMixtureNumbers sigmoid_mixture_numbers(const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  return {static_cast<int>(options.components), options.min_derivative};
}

// y = shift + scale (keep logit(sum_k w_k sigmoid(u_k)) + (1 - keep) x), u_k rising in x:
// slope (x - mean) where kLogistic, else slope x + offset, without shift and scale.
template <bool kLogistic>
class SigmoidMixture {
 public:
  using Settings = SigmoidMixtureNumbers;

  CASTALIA_ANYWHERE void read(const Settings& s, double* row) {
    members_ = s.members;
    rest_ = s.rest;
    keep_ = 1 - rest_;
    logits_ = row;
    places_ = row + members_;
    slopes_ = row + 2 * members_;
    // softplus(shift) + rest = 1.
    const double shift = kLogistic ? 0 : std::log(std::expm1(1 - rest_));
    for (int k = 0; k < members_; ++k) {
      logits_[k] = within_limit(logits_[k], kLargestRaw);
      const double start = start_of_member(k, members_, kMeanSpread);
      places_[k] = within_limit(places_[k] + (kLogistic ? start : -start), kLargestArgument);
      slopes_[k] = kLogistic ? scale_of_raw(-slopes_[k]) : slope_of_raw(slopes_[k], shift);
    }
    shift_ = kLogistic ? within_limit(row[3 * members_], kLargestArgument) : 0;
    scale_ = kLogistic ? scale_of_raw(row[3 * members_ + 1]) : 1;
  }

  // Both sigmoid(u) and sigmoid(-u) are exp(-something) r with r = 1 / (1 + exp(-|u|)); sums of
  // such products are taken relative to their largest exponential. The derivative of the logit is
  // the sum of two means with positive weights, so that nothing cancels in the tails.
  CASTALIA_ANYWHERE MonotonePoint at(double x) const {
    double most_below = -std::numeric_limits<double>::max(), most_above = most_below;
    for (int k = 0; k < members_; ++k) {
      const double u = rise(k, x);
      most_below = std::max(most_below, logits_[k] + std::min(u, 0.0));
      most_above = std::max(most_above, logits_[k] - std::max(u, 0.0));
    }
    double below = 0, above = 0, slope_below = 0, slope_above = 0;
    for (int k = 0; k < members_; ++k) {
      const double u = rise(k, x);
      const double e = std::exp(-std::abs(u));
      const double larger = 1 / (1 + e), smaller = e * larger;
      const double up = u > 0 ? larger : smaller;  // sigmoid(u)
      const double down = u > 0 ? smaller : larger;
      const double part_below = std::exp(logits_[k] + std::min(u, 0.0) - most_below) * larger;
      const double part_above = std::exp(logits_[k] - std::max(u, 0.0) - most_above) * larger;
      below += part_below;
      above += part_above;
      slope_below = std::fma(part_below, slopes_[k] * down, slope_below);
      slope_above = std::fma(part_above, slopes_[k] * up, slope_above);
    }
    const double logit = (most_below - most_above) + (std::log(below) - std::log(above));
    const double slope = slope_below / below + slope_above / above;
    return {std::fma(scale_, std::fma(keep_, logit, rest_ * x), shift_),
            scale_ * std::fma(keep_, slope, rest_)};
  }

  // The mixture lies between its members, so its inverse between theirs; and a little room for
  // their roundings.
  CASTALIA_ANYWHERE double solve(double y) const {
    const double level = (y - shift_) / scale_;
    double low = std::numeric_limits<double>::max(), high = -low;
    for (int k = 0; k < members_; ++k) {
      const double slope = keep_ * slopes_[k];
      const double offset = kLogistic ? slope * places_[k] : -keep_ * places_[k];
      const double total = slope + rest_;
      const double x = (level + offset) / total;
      const double room = 1e-14 * ((std::abs(level) + std::abs(offset)) / total);
      low = std::min(low, x - room);
      high = std::max(high, x + room);
    }
    return bracketed_root(*this, y, low, high);
  }

 private:
  CASTALIA_ANYWHERE double slope_of_raw(double raw, double shift) const {
    const double z = within_limit(raw, kLargestSoftplusRaw) + shift;
    return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) + rest_;
  }
  CASTALIA_ANYWHERE double rise(int k, double x) const {
    if constexpr (kLogistic) return slopes_[k] * (x - places_[k]);
    return std::fma(slopes_[k], x, places_[k]);
  }

  double *logits_, *places_, *slopes_;
  int members_;
  double keep_, rest_;
  double shift_, scale_;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_SIGMOID_MIXTURE_CUDA_H_
