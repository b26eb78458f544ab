#include "cpp/runtime/cpu/pooling.h"

#include <algorithm>
#include <cmath>

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/pooling.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef CASTALIA_CPP_RUNTIME_CPU_POOLING_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_POOLING_ONCE_
namespace castalia::cpu {
namespace {

// The elements of an image that a window sees: counts[0] * counts[1] * counts[2] of them, from
// `first` on, `steps` elements of the array apart.
struct Seen {
  int64_t first;
  std::array<int64_t, 3> counts;
  std::array<int64_t, 3> steps;

  int64_t count() const { return counts[0] * counts[1] * counts[2]; }
};

template <typename T>
T scale_of(const PoolingShape& shape, PoolDivisor divisor, const Seen& seen) {
  if (divisor == PoolDivisor::one) return T(1);
  const auto& [z, y, x] = shape.axes;
  const int64_t count =
      divisor == PoolDivisor::taps ? z.kernel * y.kernel * x.kernel : seen.count();
  return count == 0 ? T(0) : T(1) / static_cast<T>(count);
}

inline int64_t in_image(const PoolingShape& shape) {
  return shape.axes[0].in * shape.axes[1].in * shape.axes[2].in * shape.channels;
}
inline int64_t out_image(const PoolingShape& shape) {
  return shape.axes[0].out * shape.axes[1].out * shape.axes[2].out * shape.channels;
}

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_POOLING_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Calls visit(seen, position) for every window of one image.
template <typename Visit>
void for_each_window(const PoolingShape& shape, Visit visit) {
  const auto& [z, y, x] = shape.axes;
  const std::array<int64_t, 3> strides = {y.in * x.in * shape.channels, x.in * shape.channels,
                                          shape.channels};
  Seen seen{};
  // Along one axis the taps that fall inside follow one another.
  const auto look = [&](size_t i, int64_t position) -> int64_t {
    const ConvolutionAxis& axis = shape.axes[i];
    const int64_t begin = position * axis.stride - axis.padding;
    const int64_t skipped = begin >= 0 ? 0 : (-begin + axis.dilation - 1) / axis.dilation;
    const int64_t left = axis.in - begin;
    const int64_t end =
        left <= 0 ? 0 : std::min(axis.kernel, (left + axis.dilation - 1) / axis.dilation);
    seen.counts[i] = std::max<int64_t>(0, end - skipped);
    seen.steps[i] = axis.dilation * strides[i];
    return (begin + skipped * axis.dilation) * strides[i];
  };
  int64_t position = 0;
  for (int64_t oz = 0; oz < z.out; ++oz) {
    const int64_t first_z = look(0, oz);
    for (int64_t oy = 0; oy < y.out; ++oy) {
      const int64_t first_y = look(1, oy);
      for (int64_t ox = 0; ox < x.out; ++ox, ++position) {
        seen.first = first_z + first_y + look(2, ox);
        visit(seen, position);
      }
    }
  }
}

// Calls visit(offset) for every element that a window sees.
template <typename Visit>
HWY_INLINE void for_each_seen(const Seen& seen, Visit visit) {
  for (int64_t z = 0; z < seen.counts[0]; ++z) {
    for (int64_t y = 0; y < seen.counts[1]; ++y) {
      int64_t offset = seen.first + z * seen.steps[0] + y * seen.steps[1];
      for (int64_t x = 0; x < seen.counts[2]; ++x, offset += seen.steps[2]) visit(offset);
    }
  }
}

// Calls visit(tag, i) for all of [0, count): in whole vectors, the rest in vectors of one element,
// whose arithmetic is the same.
template <typename T, typename Visit>
HWY_INLINE void for_each_vector(int64_t count, Visit visit) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const int64_t step = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + step <= count; i += step) visit(d, i);
  for (; i < count; ++i) visit(one, i);
}

// Where x goes before the largest so far.
template <class V>
HWY_INLINE auto goes_before(V x, V largest) {
  return hn::Or(hn::Gt(x, largest), hn::And(hn::IsNaN(x), hn::Not(hn::IsNaN(largest))));
}

template <typename T>
void max_pool_images(const PoolingShape& shape, const T* x, const T* v, T* out, int64_t first,
                     int64_t last) {
  for (int64_t image = first; image < last; ++image) {
    const T* const from = x + image * in_image(shape);
    const T* const values = v + image * in_image(shape);
    T* const to = out + image * out_image(shape);
    for_each_window(shape, [&](const Seen& seen, int64_t position) {
      for_each_vector<T>(shape.channels, [&](auto d, int64_t c) HWY_ATTR {
        auto largest = hn::LoadU(d, from + seen.first + c);
        auto value = hn::LoadU(d, values + seen.first + c);
        for_each_seen(seen, [&](int64_t offset) HWY_ATTR {
          const auto here = hn::LoadU(d, from + offset + c);
          const auto better = goes_before(here, largest);
          largest = hn::IfThenElse(better, here, largest);
          value = hn::IfThenElse(better, hn::LoadU(d, values + offset + c), value);
        });
        hn::StoreU(value, d, to + position * shape.channels + c);
      });
    });
  }
}

template <typename T>
void max_pool_transpose_images(const PoolingShape& shape, const T* x, const T* g, T* in,
                               int64_t first, int64_t last) {
  for (int64_t image = first; image < last; ++image) {
    const T* const from = x + image * in_image(shape);
    const T* const gradient = g + image * out_image(shape);
    T* const to = in + image * in_image(shape);
    std::fill_n(to, in_image(shape), T(0));
    for_each_window(shape, [&](const Seen& seen, int64_t position) {
      for_each_vector<T>(shape.channels, [&](auto d, int64_t c) HWY_ATTR {
        auto largest = hn::LoadU(d, from + seen.first + c);
        for_each_seen(seen, [&](int64_t offset) HWY_ATTR {
          const auto here = hn::LoadU(d, from + offset + c);
          largest = hn::IfThenElse(goes_before(here, largest), here, largest);
        });
        // Given to the first element that is as large.
        auto left = hn::LoadU(d, gradient + position * shape.channels + c);
        auto open = hn::Eq(hn::Zero(d), hn::Zero(d));
        for_each_seen(seen, [&](int64_t offset) HWY_ATTR {
          const auto here = hn::LoadU(d, from + offset + c);
          const auto same = hn::And(
              open, hn::Or(hn::Eq(here, largest), hn::And(hn::IsNaN(here), hn::IsNaN(largest))));
          const auto before = hn::LoadU(d, to + offset + c);
          hn::StoreU(hn::IfThenElse(same, hn::Add(before, left), before), d, to + offset + c);
          open = hn::And(open, hn::Not(same));
        });
      });
    });
  }
}

template <typename T>
void average_pool_images(const PoolingShape& shape, PoolDivisor divisor, const T* x, T* out,
                         int64_t first, int64_t last) {
  for (int64_t image = first; image < last; ++image) {
    const T* const from = x + image * in_image(shape);
    T* const to = out + image * out_image(shape);
    for_each_window(shape, [&](const Seen& seen, int64_t position) {
      const T scale = scale_of<T>(shape, divisor, seen);
      for_each_vector<T>(shape.channels, [&](auto d, int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for_each_seen(seen, [&](int64_t offset)
                                HWY_ATTR { sum = hn::Add(sum, hn::LoadU(d, from + offset + c)); });
        hn::StoreU(hn::Mul(sum, hn::Set(d, scale)), d, to + position * shape.channels + c);
      });
    });
  }
}

template <typename T>
void average_pool_transpose_images(const PoolingShape& shape, PoolDivisor divisor, const T* g,
                                   T* in, int64_t first, int64_t last) {
  for (int64_t image = first; image < last; ++image) {
    const T* const gradient = g + image * out_image(shape);
    T* const to = in + image * in_image(shape);
    std::fill_n(to, in_image(shape), T(0));
    for_each_window(shape, [&](const Seen& seen, int64_t position) {
      const T scale = scale_of<T>(shape, divisor, seen);
      for_each_vector<T>(shape.channels, [&](auto d, int64_t c) HWY_ATTR {
        const auto share =
            hn::Mul(hn::LoadU(d, gradient + position * shape.channels + c), hn::Set(d, scale));
        for_each_seen(seen, [&](int64_t offset) HWY_ATTR {
          hn::StoreU(hn::Add(hn::LoadU(d, to + offset + c), share), d, to + offset + c);
        });
      });
    });
  }
}

template <typename T>
void interpolate_rows(const InterpolationShape& shape, const T* in, T* out, int64_t first,
                      int64_t last) {
  for (int64_t o = first; o < last; ++o) {
    const T* const from = in + o * shape.n * shape.inner;
    for (int64_t i = 0; i < shape.points; ++i) {
      const InterpolationPoint at = interpolation_point(shape, i);
      const T* const low = from + at.low * shape.inner;
      const T* const high = from + std::min(at.low + 1, shape.n - 1) * shape.inner;
      T* const to = out + (o * shape.points + i) * shape.inner;
      for_each_vector<T>(shape.inner, [&](auto d, int64_t k) HWY_ATTR {
        const auto near = hn::Mul(hn::LoadU(d, low + k), hn::Set(d, static_cast<T>(1 - at.weight)));
        const auto far = hn::Mul(hn::LoadU(d, high + k), hn::Set(d, static_cast<T>(at.weight)));
        hn::StoreU(hn::Add(near, far), d, to + k);
      });
    }
  }
}

template <typename T>
void interpolate_transpose_rows(const InterpolationShape& shape, const T* g, T* in, int64_t first,
                                int64_t last) {
  for (int64_t o = first; o < last; ++o) {
    T* const to = in + o * shape.n * shape.inner;
    std::fill_n(to, shape.n * shape.inner, T(0));
    for (int64_t i = 0; i < shape.points; ++i) {
      const InterpolationPoint at = interpolation_point(shape, i);
      T* const low = to + at.low * shape.inner;
      T* const high = to + std::min(at.low + 1, shape.n - 1) * shape.inner;
      const T* const from = g + (o * shape.points + i) * shape.inner;
      for_each_vector<T>(shape.inner, [&](auto d, int64_t k) HWY_ATTR {
        const auto given = hn::LoadU(d, from + k);
        const auto near = hn::Mul(given, hn::Set(d, static_cast<T>(1 - at.weight)));
        hn::StoreU(hn::Add(hn::LoadU(d, low + k), near), d, low + k);
        // After the first store: at the end both are the same element.
        const auto far = hn::Mul(given, hn::Set(d, static_cast<T>(at.weight)));
        hn::StoreU(hn::Add(hn::LoadU(d, high + k), far), d, high + k);
      });
    }
  }
}

#define CASTALIA_TYPED(T)                                                                          \
  void max_pool_##T(const PoolingShape& s, const T* x, const T* v, T* out, int64_t first,          \
                    int64_t last) {                                                                \
    max_pool_images(s, x, v, out, first, last);                                                    \
  }                                                                                                \
  void max_pool_transpose_##T(const PoolingShape& s, const T* x, const T* g, T* in, int64_t first, \
                              int64_t last) {                                                      \
    max_pool_transpose_images(s, x, g, in, first, last);                                           \
  }                                                                                                \
  void average_pool_##T(const PoolingShape& s, PoolDivisor divisor, const T* x, T* out,            \
                        int64_t first, int64_t last) {                                             \
    average_pool_images(s, divisor, x, out, first, last);                                          \
  }                                                                                                \
  void average_pool_transpose_##T(const PoolingShape& s, PoolDivisor divisor, const T* g, T* in,   \
                                  int64_t first, int64_t last) {                                   \
    average_pool_transpose_images(s, divisor, g, in, first, last);                                 \
  }                                                                                                \
  void interpolate_##T(const InterpolationShape& s, const T* in, T* out, int64_t first,            \
                       int64_t last) {                                                             \
    interpolate_rows(s, in, out, first, last);                                                     \
  }                                                                                                \
  void interpolate_transpose_##T(const InterpolationShape& s, const T* g, T* in, int64_t first,    \
                                 int64_t last) {                                                   \
    interpolate_transpose_rows(s, g, in, first, last);                                             \
  }
CASTALIA_TYPED(float)
CASTALIA_TYPED(double)
#undef CASTALIA_TYPED

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

InterpolationPoint interpolation_point(const InterpolationShape& shape, int64_t i) {
  const double at = (static_cast<double>(i) + 0.5) * static_cast<double>(shape.n) /
                        static_cast<double>(shape.points) -
                    0.5;
  const double inside = std::clamp(at, 0.0, static_cast<double>(shape.n - 1));
  const double low = std::floor(inside);
  return {static_cast<int64_t>(low), inside - low};
}

#define CASTALIA_EXPORT(T)                                                                         \
  namespace {                                                                                      \
  HWY_EXPORT(max_pool_##T);                                                                        \
  HWY_EXPORT(max_pool_transpose_##T);                                                              \
  HWY_EXPORT(average_pool_##T);                                                                    \
  HWY_EXPORT(average_pool_transpose_##T);                                                          \
  HWY_EXPORT(interpolate_##T);                                                                     \
  HWY_EXPORT(interpolate_transpose_##T);                                                           \
  }                                                                                                \
  template <>                                                                                      \
  void max_pool(const PoolingShape& shape, const T* x, const T* v, T* out, int64_t first,          \
                int64_t last) {                                                                    \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(max_pool_##T)(shape, x, v, out, first, last);                             \
  }                                                                                                \
  template <>                                                                                      \
  void max_pool_transpose(const PoolingShape& shape, const T* x, const T* g, T* in, int64_t first, \
                          int64_t last) {                                                          \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(max_pool_transpose_##T)(shape, x, g, in, first, last);                    \
  }                                                                                                \
  template <>                                                                                      \
  void average_pool(const PoolingShape& shape, PoolDivisor divisor, const T* x, T* out,            \
                    int64_t first, int64_t last) {                                                 \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(average_pool_##T)(shape, divisor, x, out, first, last);                   \
  }                                                                                                \
  template <>                                                                                      \
  void average_pool_transpose(const PoolingShape& shape, PoolDivisor divisor, const T* g, T* in,   \
                              int64_t first, int64_t last) {                                       \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(average_pool_transpose_##T)(shape, divisor, g, in, first, last);          \
  }                                                                                                \
  template <>                                                                                      \
  void interpolate(const InterpolationShape& shape, const T* in, T* out, int64_t first,            \
                   int64_t last) {                                                                 \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(interpolate_##T)(shape, in, out, first, last);                            \
  }                                                                                                \
  template <>                                                                                      \
  void interpolate_transpose(const InterpolationShape& shape, const T* g, T* in, int64_t first,    \
                             int64_t last) {                                                       \
    ensure_dispatch();                                                                             \
    HWY_DYNAMIC_DISPATCH(interpolate_transpose_##T)(shape, g, in, first, last);                    \
  }
CASTALIA_EXPORT(float)
CASTALIA_EXPORT(double)
#undef CASTALIA_EXPORT

}  // namespace castalia::cpu
#endif  // HWY_ONCE
