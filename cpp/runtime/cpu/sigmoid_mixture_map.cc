// Mixtures of sigmoids, made into maps of the whole line by logit (arXiv:1902.00275,
// arXiv:1804.00779).
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/monotone_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/sigmoid_mixture_map.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/monotone-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// y = shift + scale (keep logit(sum_k w_k sigmoid(u_k)) + (1 - keep) x), u_k rising in x:
// slope (x - mean) where kLogistic, else slope x + offset, without shift and scale.
template <bool kLogistic>
class SigmoidMixture {
 public:
  HWY_INLINE void read(const MonotoneMap& map, double* rows) {
    const MonotoneSettings& s = map.settings();
    rows_ = rows;
    members_ = static_cast<size_t>(s.members);
    rest_ = s.min_derivative;
    keep_ = 1 - rest_;
    for (size_t k = 0; k < members_; ++k) {
      set_row(limited(row_of(rows, k), kLargestRaw), rows, k);
      const double start = start_of_member(static_cast<int>(k), s.members, kMeanSpread);
      const Numbers place = hn::Add(row_of(rows, members_ + k), number(kLogistic ? start : -start));
      set_row(limited(place, kLargestArgument), rows, members_ + k);
      set_row(slope_of_raw(row_of(rows, 2 * members_ + k)), rows, 2 * members_ + k);
    }
    shift_ = kLogistic ? limited(row_of(rows, 3 * members_), kLargestArgument) : number(0);
    scale_ = kLogistic ? scale_of_raw(row_of(rows, 3 * members_ + 1)) : number(1);
  }

  // Both sigmoid(u) and sigmoid(-u) are exp(-something) r with r = 1 / (1 + exp(-|u|)); sums of
  // such products are taken relative to their largest exponential. The derivative of the logit is
  // the sum of two means with positive weights, so that nothing cancels in the tails.
  HWY_INLINE Point at(Numbers x) const {
    const Lanes d;
    const Numbers zero = hn::Zero(d), one = number(1);
    Numbers most_below = number(-std::numeric_limits<double>::max()), most_above = most_below;
    for (size_t k = 0; k < members_; ++k) {
      const Numbers u = rise(k, x), logit = row_of(rows_, k);
      most_below = hn::Max(most_below, hn::Add(logit, hn::Min(u, zero)));
      most_above = hn::Max(most_above, hn::Sub(logit, hn::Max(u, zero)));
    }
    Numbers below = zero, above = zero, slope_below = zero, slope_above = zero;
    for (size_t k = 0; k < members_; ++k) {
      const Numbers u = rise(k, x), logit = row_of(rows_, k),
                    slope = row_of(rows_, 2 * members_ + k);
      const Numbers e = exp_of_negative(d, hn::Neg(hn::Abs(u)));
      const Numbers larger = hn::Div(one, hn::Add(one, e)), smaller = hn::Mul(e, larger);
      const auto right = hn::Gt(u, zero);
      const Numbers up = hn::IfThenElse(right, larger, smaller);  // sigmoid(u)
      const Numbers down = hn::IfThenElse(right, smaller, larger);
      const Numbers exponent_below = hn::Sub(hn::Add(logit, hn::Min(u, zero)), most_below);
      const Numbers exponent_above = hn::Sub(hn::Sub(logit, hn::Max(u, zero)), most_above);
      const Numbers part_below = hn::Mul(exp_of_negative(d, exponent_below), larger);
      const Numbers part_above = hn::Mul(exp_of_negative(d, exponent_above), larger);
      below = hn::Add(below, part_below);
      above = hn::Add(above, part_above);
      slope_below = hn::MulAdd(part_below, hn::Mul(slope, down), slope_below);
      slope_above = hn::MulAdd(part_above, hn::Mul(slope, up), slope_above);
    }
    const Numbers logit = hn::Add(hn::Sub(most_below, most_above),
                                  hn::Sub(log_of_normal(d, below), log_of_normal(d, above)));
    const Numbers slope = hn::Add(hn::Div(slope_below, below), hn::Div(slope_above, above));
    const Numbers value = hn::MulAdd(number(keep_), logit, hn::Mul(number(rest_), x));
    const Numbers derivative = hn::MulAdd(number(keep_), slope, number(rest_));
    return {hn::MulAdd(scale_, value, shift_), hn::Mul(scale_, derivative)};
  }

  // The mixture lies between its members, so its inverse between theirs; and a little room for
  // their roundings.
  HWY_INLINE Numbers solve(Numbers y) const {
    const Numbers level = hn::Div(hn::Sub(y, shift_), scale_);
    Numbers low = number(std::numeric_limits<double>::max()), high = hn::Neg(low);
    for (size_t k = 0; k < members_; ++k) {
      const Numbers slope = hn::Mul(number(keep_), row_of(rows_, 2 * members_ + k));
      const Numbers place = row_of(rows_, members_ + k);
      const Numbers offset = kLogistic ? hn::Mul(slope, place) : hn::Mul(number(-keep_), place);
      const Numbers total = hn::Add(slope, number(rest_));
      const Numbers x = hn::Div(hn::Add(level, offset), total);
      const Numbers room =
          hn::Mul(number(1e-14), hn::Div(hn::Add(hn::Abs(level), hn::Abs(offset)), total));
      low = hn::Min(low, hn::Sub(x, room));
      high = hn::Max(high, hn::Add(x, room));
    }
    return bracketed_root(*this, y, low, high);
  }

 private:
  HWY_INLINE Numbers slope_of_raw(Numbers raw) const {
    if constexpr (kLogistic) return scale_of_raw(hn::Neg(raw));
    // 1 for 0.
    const double shift = std::log(std::expm1(1 - rest_));
    const Numbers z = hn::Add(limited(raw, kLargestSoftplusRaw), number(shift));
    return hn::Add(softplus(Lanes(), z), number(rest_));
  }
  HWY_INLINE Numbers rise(size_t k, Numbers x) const {
    const Numbers place = row_of(rows_, members_ + k), slope = row_of(rows_, 2 * members_ + k);
    if constexpr (kLogistic) return hn::Mul(slope, hn::Sub(x, place));
    return hn::MulAdd(slope, x, place);
  }

  const double* rows_;
  size_t members_;
  double keep_, rest_;
  Numbers shift_, scale_;
};

CASTALIA_MONOTONE_CODE(SigmoidMixture<true>, logistic_mixture_map)
CASTALIA_MONOTONE_CODE(SigmoidMixture<false>, deep_sigmoid_map)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_MONOTONE_DISPATCH(logistic_mixture_map)
CASTALIA_MONOTONE_DISPATCH(deep_sigmoid_map)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
