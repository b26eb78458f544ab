// Integrals of positive networks (arXiv:1908.05164).
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/monotone_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/unconstrained_monotonic_map.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/monotone-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The logarithm of the slope at s in [-1, 1] is scale + sum_j weight_j tanh(slope_j s + offset_j).
class Unconstrained {
 public:
  HWY_INLINE void read(const MonotoneMap& map, double* rows) {
    const MonotoneSettings& s = map.settings();
    rows_ = rows;
    rule_ = &map.rule();
    units_ = static_cast<size_t>(s.members);
    domain_.set_domain(s);
    const double largest = kLargestLogScale / 2;
    for (size_t j = 0; j < units_; ++j) {
      const double centre = start_of_member(static_cast<int>(j), s.members, 1);
      set_row(softly_limited(row_of(rows, j), largest / s.members), rows, j);
      set_row(
          hn::Add(softly_limited(row_of(rows, units_ + j), kUnitSlopeRange), number(kUnitSlope)),
          rows, units_ + j);
      set_row(hn::Add(softly_limited(row_of(rows, 2 * units_ + j), kUnitOffsetRange),
                      number(-kUnitSlope * centre)),
              rows, 2 * units_ + j);
    }
    shift_ = limited(row_of(rows, 3 * units_), kLargestArgument);
    scale_ = softly_limited(row_of(rows, 3 * units_ + 1), largest);
  }
  HWY_INLINE Point at(Numbers x) const {
    const Numbers place = domain_.place(x);
    Numbers mean = hn::Zero(Lanes()), last = mean;
    for (size_t i = 0; i < rule_->nodes.size(); ++i) {
      // The last node is the place itself.
      last = slope(hn::Mul(number(rule_->nodes[i]), place));
      mean = hn::MulAdd(number(rule_->weights[i]), last, mean);
    }
    return domain_.point(x, shift_, hn::Mul(place, mean), last);
  }
  HWY_INLINE Numbers solve(Numbers y) const { return domain_.solve(*this, y); }

 private:
  HWY_INLINE Numbers slope(Numbers place) const {
    const Lanes d;
    Numbers sum = scale_;
    for (size_t j = 0; j < units_; ++j) {
      const Numbers z = hn::MulAdd(row_of(rows_, units_ + j), place, row_of(rows_, 2 * units_ + j));
      sum = hn::MulAdd(row_of(rows_, j), tanh(d, z), sum);
    }
    return exp(d, sum);
  }

  const double* rows_;
  const Quadrature* rule_;
  size_t units_;
  Continued domain_;
  Numbers shift_, scale_;
};

CASTALIA_MONOTONE_CODE(Unconstrained, unconstrained_monotonic_map)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_MONOTONE_DISPATCH(unconstrained_monotonic_map)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
