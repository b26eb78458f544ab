// Monotone linear splines (arXiv:1808.03856): bins of equal width.
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/spline_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/linear_spline.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/spline-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
class Linear {
 public:
  using V = Vector<T>;

  HWY_INLINE static size_t rows(const SplineNumbers<T>& n) { return n.parameters; }

  template <bool kGradient>
  HWY_INLINE void read(const SplineNumbers<T>& n, T* rows) {
    y_.read(n.bins, rows);
  }

  template <bool kInverse>
  HWY_INLINE void find(const SplineNumbers<T>& n, const T* rows, V argument) {
    const V scale = y_.scale(n.height_share);
    const Tag<T> d;
    V chosen = hn::Zero(d);
    V left = hn::Set(d, n.lower), right = knot(n, 1);
    typename SplineAxis<T>::Search y(rows);
    search_bins<T>(
        n.bins, argument,
        [&](size_t k, V index) {
          y.pass(rows, k);
          return kInverse ? y_.knot(index, y.sum, n.height_floor, scale, n.lower) : knot(n, k);
        },
        [&](size_t k, V index, Mask<T> reached) {
          chosen = hn::IfThenElse(reached, index, chosen);
          y.take(reached, rows, k);
          left = hn::IfThenElse(reached, knot(n, k), left);
          right = hn::IfThenElse(reached, knot(n, k + 1), right);
        });
    index_ = chosen;
    left_ = left;
    right_ = right;
    y_.choose(y);
  }

  template <bool kGradient>
  HWY_INLINE void shape(const SplineNumbers<T>& n) {
    y_.place_knots(n, index_, n.height_floor, n.height_share);
    width_ = hn::Set(Tag<T>(), static_cast<T>(width(n)));
  }

  HWY_INLINE void move_to_x(V x) {
    place_ = at_most<T>(hn::Div(hn::Sub(x, left_), width_), constant<T>(1));
  }
  HWY_INLINE void move_to_y(V y) {
    place_ = at_most<T>(hn::Div(hn::Sub(y, y_.start), y_.size), constant<T>(1));
  }

  HWY_INLINE V x() const { return at_most<T>(hn::MulAdd(width_, place_, left_), right_); }
  HWY_INLINE V y() const { return at_most<T>(hn::MulAdd(y_.size, place_, y_.start), y_.end); }
  HWY_INLINE V log_derivative() const { return log_of_normal(Tag<T>(), derivative()); }
  HWY_INLINE V derivative() const { return hn::Div(y_.size, width_); }
  HWY_INLINE V log_slope() const { return hn::Zero(Tag<T>()); }

  HWY_INLINE V pull_back(const SplineNumbers<T>& n, V gy, V gl, T* rows) const {
    const V by_height = hn::MulAdd(gy, place_, hn::Div(gl, y_.size));
    y_.pull_back(index_, gy, by_height, n.height_share, n.bins, rows);
    return hn::Mul(gy, derivative());
  }

 private:
  HWY_INLINE static double width(const SplineNumbers<T>& n) {
    return (static_cast<double>(n.upper) - static_cast<double>(n.lower)) /
           static_cast<double>(n.bins);
  }
  // In double and rounded once, so that an argument that stands on a knot falls into its bin.
  HWY_INLINE static V knot(const SplineNumbers<T>& n, size_t k) {
    if (k == n.bins) return hn::Set(Tag<T>(), n.upper);
    const double at = static_cast<double>(n.lower) + width(n) * static_cast<double>(k);
    return constant<T>(at);
  }

  SplineAxis<T> y_;
  V index_;
  V left_, right_, width_;
  V place_;
};

CASTALIA_SPLINE_CODE(Linear, linear_spline)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_SPLINE_DISPATCH(linear_spline)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
