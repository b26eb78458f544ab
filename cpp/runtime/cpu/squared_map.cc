// The non-linear squared map (arXiv:1901.10548).
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/monotone_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/squared_map.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/monotone-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// y = shift + scale x + bend / (1 + z^2), z = inner x + place.
class Squared {
 public:
  HWY_INLINE void read(const MonotoneMap&, double* rows) {
    shift_ = limited(row_of(rows, 0), kLargestArgument);
    scale_ = scale_of_raw(row_of(rows, 1));
    inner_ = scale_of_raw(row_of(rows, 2));
    const Numbers share = tanh(Lanes(), limited(row_of(rows, 3), kLargestRaw));
    bend_ = hn::Mul(hn::Mul(number(kBendScale * kLargestBend), share), hn::Div(scale_, inner_));
    place_ = limited(row_of(rows, 4), kLargestArgument);
  }
  HWY_INLINE Point at(Numbers x) const {
    const Numbers z = limited(hn::MulAdd(inner_, x, place_), kLargestBendPlace);
    const Numbers hill = hn::Div(number(1), hn::MulAdd(z, z, number(1)));
    const Numbers slope = hn::Mul(hn::Mul(hn::Mul(number(-2), z), hn::Mul(hill, hill)), inner_);
    return {hn::MulAdd(bend_, hill, hn::MulAdd(scale_, x, shift_)),
            hn::MulAdd(bend_, slope, scale_)};
  }
  // The hill lies between 0 and 1.
  HWY_INLINE Numbers solve(Numbers y) const {
    const Numbers zero = hn::Zero(Lanes());
    const Numbers rest = hn::Sub(y, shift_);
    const Numbers low = hn::Div(hn::Sub(rest, hn::Max(bend_, zero)), scale_);
    const Numbers high = hn::Div(hn::Sub(rest, hn::Min(bend_, zero)), scale_);
    return bracketed_root(*this, y, low, high);
  }

 private:
  Numbers shift_, scale_, inner_, bend_, place_;
};

CASTALIA_MONOTONE_CODE(Squared, squared_map)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_MONOTONE_DISPATCH(squared_map)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
