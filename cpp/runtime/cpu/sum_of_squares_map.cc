// Integrals of sums of squared polynomials (arXiv:1905.02325).
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/monotone_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/sum_of_squares_map.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/monotone-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

class SumOfSquares {
 public:
  HWY_INLINE void read(const MonotoneMap& map, double* rows) {
    const MonotoneSettings& s = map.settings();
    rows_ = rows;
    rule_ = &map.rule();
    coefficients_ = static_cast<size_t>(s.degree) + 1;
    members_ = static_cast<size_t>(s.members);
    rest_ = s.min_derivative;
    domain_.set_domain(s);
    for (size_t k = 0; k < members_; ++k) {
      for (size_t j = 0; j < coefficients_; ++j) {
        const size_t row = k * coefficients_ + j;
        const double start = j == 0 ? 1
                             : j == 1
                                 ? start_of_member(static_cast<int>(k), s.members, kSlopeSpread)
                                 : 0;
        set_row(hn::Add(limited(row_of(rows, row), kLargestCoefficient), number(start)), rows, row);
      }
    }
    shift_ = limited(row_of(rows, members_ * coefficients_), kLargestArgument);
  }
  HWY_INLINE Point at(Numbers x) const {
    const Numbers place = domain_.place(x);
    Numbers mean = hn::Zero(Lanes());
    for (size_t i = 0; i < rule_->nodes.size(); ++i) {
      const Numbers s = hn::Mul(number(rule_->nodes[i]), place);
      mean = hn::MulAdd(number(rule_->weights[i]), slope(s), mean);
    }
    return domain_.point(x, shift_, hn::Mul(place, mean), slope(place));
  }
  HWY_INLINE Numbers solve(Numbers y) const { return domain_.solve(*this, y); }

 private:
  HWY_INLINE Numbers slope(Numbers place) const {
    Numbers sum = hn::Zero(Lanes());
    for (size_t k = 0; k < members_; ++k) {
      size_t row = (k + 1) * coefficients_ - 1;
      Numbers value = row_of(rows_, row);
      while (row-- > k * coefficients_) value = hn::MulAdd(value, place, row_of(rows_, row));
      sum = hn::MulAdd(value, value, sum);
    }
    return hn::MulAdd(number((1 - rest_) / static_cast<double>(members_)), sum, number(rest_));
  }

  const double* rows_;
  const Quadrature* rule_;
  size_t coefficients_, members_;
  double rest_;
  Continued domain_;
  Numbers shift_;
};

CASTALIA_MONOTONE_CODE(SumOfSquares, sum_of_squares_map)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_MONOTONE_DISPATCH(sum_of_squares_map)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
