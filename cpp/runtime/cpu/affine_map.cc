// Shifts (arXiv:1410.8516) and affine maps (arXiv:1605.08803).
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/monotone_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/affine_map.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/monotone-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

class Additive {
 public:
  HWY_INLINE void read(const MonotoneMap&, double* rows) {
    shift_ = limited(row_of(rows, 0), kLargestArgument);
  }
  HWY_INLINE Point at(Numbers x) const { return {hn::Add(x, shift_), number(1)}; }
  HWY_INLINE Numbers solve(Numbers y) const { return hn::Sub(y, shift_); }

 private:
  Numbers shift_;
};

class Affine {
 public:
  HWY_INLINE void read(const MonotoneMap& map, double* rows) {
    shift_ = limited(row_of(rows, 0), kLargestArgument);
    scale_ = scale(map.settings(), row_of(rows, 1));
  }
  HWY_INLINE Point at(Numbers x) const { return {hn::MulAdd(x, scale_, shift_), scale_}; }
  HWY_INLINE Numbers solve(Numbers y) const { return hn::Div(hn::Sub(y, shift_), scale_); }

 private:
  HWY_INLINE static Numbers scale(const MonotoneSettings& s, Numbers raw) {
    const Lanes d;
    const Numbers floor = number(s.min_scale);
    raw = limited(raw, kLargestRaw);
    switch (s.scale) {
      case AffineScale::bounded_exponential:
        return exp(d, softly_limited(raw, -std::log(s.min_scale)));
      case AffineScale::sigmoid: return hn::Add(sigmoid(d, hn::Add(raw, number(2))), floor);
      case AffineScale::softplus: return hn::Add(softplus(d, raw), floor);
    }
    return number(1);
  }

  Numbers shift_, scale_;
};

CASTALIA_MONOTONE_CODE(Additive, additive_map)
CASTALIA_MONOTONE_CODE(Affine, affine_map)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_MONOTONE_DISPATCH(additive_map)
CASTALIA_MONOTONE_DISPATCH(affine_map)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
