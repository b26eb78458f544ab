#include "cpp/runtime/cpu/distances.h"

#include <algorithm>

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/distances.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/lanes-inl.h"

// One lane computes the distance from one point of y. A vector's worth of points of y is
// transposed: row k holds their feature k.
HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Several points of x share what is loaded of y.
inline constexpr size_t kPointsTogether = 4;

template <size_t kPoints, typename T>
HWY_INLINE void distances_from(const PointSets& sets, const T* x, const T* HWY_RESTRICT others,
                               size_t used, T* out) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto zero = hn::Zero(d);
  auto sum0 = zero, sum1 = zero, sum2 = zero, sum3 = zero;
  const auto add = [&](Vector<T>& sum, Vector<T> other, size_t point, size_t k) {
    const auto difference = hn::Sub(hn::Set(d, x[point * sets.features + k]), other);
    sum = hn::MulAdd(difference, difference, sum);
  };
  for (size_t k = 0; k < sets.features; ++k) {
    const auto other = hn::Load(d, others + k * lanes);
    add(sum0, other, 0, k);
    if constexpr (kPoints > 1) {
      add(sum1, other, 1, k);
      add(sum2, other, 2, k);
      add(sum3, other, 3, k);
    }
  }
  const auto store = [&](Vector<T> sum, size_t point) {
    store_some(sets.squared ? sum : hn::Sqrt(sum), out + point * sets.m, used);
  };
  store(sum0, 0);
  if constexpr (kPoints > 1) {
    store(sum1, 1);
    store(sum2, 2);
    store(sum3, 3);
  }
}

template <typename T>
void all_distances(const PointSets& sets, const T* x, const T* y, size_t first, size_t last, T* out,
                   void* scratch) {
  const size_t lanes = hn::Lanes(Tag<T>());
  T* const others = static_cast<T*>(scratch);
  for (size_t j = 0; j < sets.m; j += lanes) {
    const size_t used = std::min(lanes, sets.m - j);
    rows_to_lanes(y + j * sets.features, sets.features, used, others);
    size_t i = first;
    const auto point = [&] { return x + i * sets.features; };
    const auto result = [&] { return out + (i - first) * sets.m + j; };
    for (; i + kPointsTogether <= last; i += kPointsTogether) {
      distances_from<kPointsTogether>(sets, point(), others, used, result());
    }
    for (; i < last; ++i) distances_from<1>(sets, point(), others, used, result());
  }
}

template <typename T>
void pull_back(const PointSets& sets, const T* x, const T* y, const T* g, T* by_x, T* by_y,
               void* scratch) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d), features = sets.features, block = features * lanes;
  const size_t blocks = (sets.m + lanes - 1) / lanes;
  T* const others = static_cast<T*>(scratch);
  T* const by_others = others + blocks * block;
  T* const by_point = by_others + blocks * block;
  const auto used = [&](size_t b) { return std::min(lanes, sets.m - b * lanes); };
  for (size_t b = 0; b < blocks; ++b) {
    rows_to_lanes(y + b * block, features, used(b), others + b * block);
  }
  std::fill_n(by_others, blocks * block, T(0));
  for (size_t i = 0; i < sets.n; ++i) {
    const T* const point = x + i * features;
    std::fill_n(by_point, block, T(0));
    for (size_t b = 0; b < blocks; ++b) {
      const T* const other = others + b * block;
      T* const by_other = by_others + b * block;
      // Lanes beyond the last point have the gradient 0.
      auto factor = load_some(g + i * sets.m + b * lanes, used(b));
      if (sets.squared) {
        factor = hn::Add(factor, factor);
      } else {
        auto sum = hn::Zero(d);
        for (size_t k = 0; k < features; ++k) {
          const auto difference = hn::Sub(hn::Set(d, point[k]), hn::Load(d, other + k * lanes));
          sum = hn::MulAdd(difference, difference, sum);
        }
        const auto equal = hn::Eq(sum, hn::Zero(d));
        factor = hn::IfThenZeroElse(equal, hn::Div(factor, hn::Sqrt(sum)));
      }
      for (size_t k = 0; k < features; ++k) {
        const auto difference = hn::Sub(hn::Set(d, point[k]), hn::Load(d, other + k * lanes));
        T* const mine = by_point + k * lanes;
        T* const theirs = by_other + k * lanes;
        hn::Store(hn::MulAdd(factor, difference, hn::Load(d, mine)), d, mine);
        hn::Store(hn::NegMulAdd(factor, difference, hn::Load(d, theirs)), d, theirs);
      }
    }
    for (size_t k = 0; k < features; ++k) {
      by_x[i * features + k] = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, by_point + k * lanes)));
    }
  }
  for (size_t b = 0; b < blocks; ++b) {
    lanes_to_rows(by_others + b * block, features, used(b), by_y + b * block);
  }
}

#define CASTALIA_DISTANCES(T, suffix)                                                        \
  void distances_##suffix(const PointSets& sets, const T* x, const T* y, size_t first,       \
                          size_t last, T* out, void* scratch) {                              \
    all_distances(sets, x, y, first, last, out, scratch);                                    \
  }                                                                                          \
  void gradient_##suffix(const PointSets& sets, const T* x, const T* y, const T* g, T* by_x, \
                         T* by_y, void* scratch) {                                           \
    pull_back(sets, x, y, g, by_x, by_y, scratch);                                           \
  }
CASTALIA_DISTANCES(float, float32)
CASTALIA_DISTANCES(double, float64)
#undef CASTALIA_DISTANCES

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

// The elements of a vector of the widest instruction set.
constexpr size_t kMostLanes = 16;

}  // namespace

size_t distances_scratch_bytes(const PointSets& sets) {
  return sets.features * kMostLanes * sizeof(double);
}

size_t distances_gradient_scratch_bytes(const PointSets& sets) {
  const size_t padded = sets.m + kMostLanes;
  return (2 * padded + kMostLanes) * sets.features * sizeof(double);
}

HWY_EXPORT(distances_float32);
HWY_EXPORT(distances_float64);
HWY_EXPORT(gradient_float32);
HWY_EXPORT(gradient_float64);

#define CASTALIA_DISTANCES(T, suffix)                                                              \
  template <>                                                                                      \
  void distances(const PointSets& sets, const T* x, const T* y, size_t first, size_t last, T* out, \
                 void* scratch) {                                                                  \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(distances_##suffix)(sets, x, y, first, last, out, scratch);               \
  }                                                                                                \
  template <>                                                                                      \
  void distances_gradient(const PointSets& sets, const T* x, const T* y, const T* g, T* by_x,      \
                          T* by_y, void* scratch) {                                                \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(gradient_##suffix)(sets, x, y, g, by_x, by_y, scratch);                   \
  }
CASTALIA_DISTANCES(float, float32)
CASTALIA_DISTANCES(double, float64)
#undef CASTALIA_DISTANCES

}  // namespace castalia::cpu
#endif  // HWY_ONCE
