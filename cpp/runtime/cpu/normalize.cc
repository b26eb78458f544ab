#include "cpp/runtime/cpu/normalize.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/normalize.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/column_sums-inl.h"

#ifndef CASTALIA_CPP_RUNTIME_CPU_NORMALIZE_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_NORMALIZE_ONCE_
namespace castalia::cpu {
namespace {

// What a thread works with: arrays as long as a period.
template <typename T>
struct Workspace {
  Workspace(std::byte* scratch, int64_t columns) {
    const auto length = static_cast<size_t>(period_of(columns));
    double* doubles = reinterpret_cast<double*>(scratch);
    mean = doubles;
    sums = doubles + length;
    products = doubles + 2 * length;
    wide = doubles + 3 * length;
    T* elements = reinterpret_cast<T*>(doubles + 4 * length);
    offset = elements;
    factor = elements + length;
    slope = elements + 2 * length;
    added = elements + 3 * length;
    ones = elements + 4 * length;
    zeros = elements + 5 * length;
  }
  static size_t bytes(int64_t columns) {
    return static_cast<size_t>(period_of(columns)) * (4 * sizeof(double) + 6 * sizeof(T)) + 64;
  }

  double *mean, *sums, *products, *wide;
  T *offset, *factor, *slope, *added, *ones, *zeros;
};

template <typename T>
struct ForwardArrays {
  const T *x, *scale, *bias;
  T* y;
};

template <typename T>
struct GradientArrays {
  const T *x, *g, *scale;
  T* gradient_x;
  double *gradient_scale, *gradient_bias;
};

// Rows [begin, end) of a matrix of columns; results for them.
template <typename T>
struct ColumnArrays {
  const T *x, *g, *mean;
  double *sums, *products;
};

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_NORMALIZE_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE double inverse_deviation(const NormalizeShape& s, double squares) {
  const double count = static_cast<double>(s.positions * s.width);
  return 1.0 / std::sqrt(squares / count + s.epsilon);
}

// ---- groups whose elements lie together: positions = 1 ----

struct Moments {
  double mean, inverse;  // 1 / sqrt(variance + epsilon)
};

template <typename T>
HWY_INLINE Moments row_moments(const NormalizeShape& s, const T* HWY_RESTRICT x) {
  double mean = 0;
  if (s.centred) {
    mean = sum_of(s.width, [&](auto d, int64_t i) HWY_ATTR { return load_as_double(d, x + i); }) /
           static_cast<double>(s.width);
  }
  const double squares = sum_of(s.width, [&](auto d, int64_t i) HWY_ATTR {
    const auto difference = hn::Sub(load_as_double(d, x + i), hn::Set(d, mean));
    return hn::Mul(difference, difference);
  });
  return {mean, inverse_deviation(s, squares)};
}

template <typename T>
HWY_INLINE void normalize_row(const NormalizeShape& s, const ForwardArrays<T>& a) {
  const Moments m = row_moments(s, a.x);
  const T mean = static_cast<T>(m.mean);
  const T inverse = static_cast<T>(m.inverse);
  for_lanes<T>(s.width, [&](auto d, int64_t i) HWY_ATTR {
    const auto difference = hn::Sub(hn::LoadU(d, a.x + i), hn::Set(d, mean));
    const auto factor = hn::Mul(hn::LoadU(d, a.scale + i), hn::Set(d, inverse));
    hn::StoreU(hn::MulAdd(difference, factor, hn::LoadU(d, a.bias + i)), d, a.y + i);
  });
}

template <typename T>
HWY_INLINE void differentiate_row(const NormalizeShape& s, const GradientArrays<T>& a) {
  const Moments m = row_moments(s, a.x);
  const double count = static_cast<double>(s.width);
  const auto scaled = [&](auto d, int64_t i) HWY_ATTR {
    return hn::Mul(load_as_double(d, a.g + i), load_as_double(d, a.scale + i));
  };
  const auto centred = [&](auto d, int64_t i) HWY_ATTR {
    return hn::Sub(load_as_double(d, a.x + i), hn::Set(d, m.mean));
  };
  const double sum = s.centred ? sum_of(s.width, scaled) : 0.0;
  const double products = sum_of(
      s.width, [&](auto d, int64_t i) HWY_ATTR { return hn::Mul(scaled(d, i), centred(d, i)); });
  if (a.gradient_bias != nullptr) {
    for_lanes<double>(s.width, [&](auto d, int64_t i) HWY_ATTR {
      double* to = a.gradient_bias + i;
      hn::StoreU(hn::Add(hn::LoadU(d, to), load_as_double(d, a.g + i)), d, to);
    });
  }
  if (a.gradient_scale != nullptr) {
    for_lanes<double>(s.width, [&](auto d, int64_t i) HWY_ATTR {
      double* to = a.gradient_scale + i;
      const auto product = hn::Mul(load_as_double(d, a.g + i), hn::Set(d, m.inverse));
      hn::StoreU(hn::MulAdd(product, centred(d, i), hn::LoadU(d, to)), d, to);
    });
  }
  // inverse (g scale - sum / n - (x - mean) inverse^2 products / n)
  const T mean = static_cast<T>(m.mean);
  const T inverse = static_cast<T>(m.inverse);
  const T added = static_cast<T>(-sum / count);
  const T slope = static_cast<T>(-products * m.inverse * m.inverse / count);
  for_lanes<T>(s.width, [&](auto d, int64_t i) HWY_ATTR {
    const auto difference = hn::Sub(hn::LoadU(d, a.x + i), hn::Set(d, mean));
    const auto rest = hn::MulAdd(difference, hn::Set(d, slope), hn::Set(d, added));
    const auto g = hn::MulAdd(hn::LoadU(d, a.g + i), hn::LoadU(d, a.scale + i), rest);
    hn::StoreU(hn::Mul(g, hn::Set(d, inverse)), d, a.gradient_x + i);
  });
}

// ---- groups spread over positions ----

// Writes the mean of each channel's group into w.mean and the inverse of its deviation into
// w.products, both [channels].
template <typename T>
HWY_INLINE void spread_moments(const NormalizeShape& s, const T* HWY_RESTRICT x,
                               const Workspace<T>& w) {
  const int64_t channels = s.channels();
  const double count = static_cast<double>(s.positions * s.width);
  const auto group_sum = [&](int64_t group) HWY_ATTR {
    const double* sums = w.sums + group * s.width;
    return sum_of(s.width, [&](auto d, int64_t i) HWY_ATTR { return hn::LoadU(d, sums + i); });
  };
  std::fill(w.mean, w.mean + period_of(channels), 0.0);
  if (s.centred) {
    sum_columns(s.positions, channels, w.wide, w.sums,
                [&](auto d, int64_t i, int64_t) HWY_ATTR { return load_as_double(d, x + i); });
    for (int64_t group = 0; group < s.groups; ++group) {
      std::fill_n(w.mean + group * s.width, s.width, group_sum(group) / count);
    }
    fill_period(channels, w.mean);
  }
  sum_columns(s.positions, channels, w.wide, w.sums, [&](auto d, int64_t i, int64_t c) HWY_ATTR {
    const auto difference = hn::Sub(load_as_double(d, x + i), hn::LoadU(d, w.mean + c));
    return hn::Mul(difference, difference);
  });
  for (int64_t group = 0; group < s.groups; ++group) {
    std::fill_n(w.products + group * s.width, s.width, inverse_deviation(s, group_sum(group)));
  }
}

template <typename T>
HWY_INLINE void normalize_spread(const NormalizeShape& s, const ForwardArrays<T>& a,
                                 const Workspace<T>& w) {
  const int64_t channels = s.channels();
  spread_moments(s, a.x, w);
  for (int64_t c = 0; c < channels; ++c) {
    w.offset[c] = static_cast<T>(w.mean[c]);
    w.factor[c] = static_cast<T>(w.products[c]) * a.scale[c];
    w.added[c] = a.bias[c];
  }
  fill_period(channels, w.offset);
  fill_period(channels, w.factor);
  fill_period(channels, w.added);
  map_columns<T>(s.positions, channels, [&](auto d, int64_t i, int64_t c) HWY_ATTR {
    const auto difference = hn::Sub(hn::LoadU(d, a.x + i), hn::LoadU(d, w.offset + c));
    const auto y = hn::MulAdd(difference, hn::LoadU(d, w.factor + c), hn::LoadU(d, w.added + c));
    hn::StoreU(y, d, a.y + i);
  });
}

template <typename T>
HWY_INLINE void differentiate_spread(const NormalizeShape& s, const GradientArrays<T>& a,
                                     const Workspace<T>& w) {
  const int64_t channels = s.channels();
  const double count = static_cast<double>(s.positions * s.width);
  spread_moments(s, a.x, w);
  const double* const inverse = w.products;
  for (int64_t c = 0; c < channels; ++c) {
    w.factor[c] = static_cast<T>(inverse[c]) * a.scale[c];
  }
  sum_columns(s.positions, channels, w.wide, w.sums,
              [&](auto d, int64_t i, int64_t) HWY_ATTR { return load_as_double(d, a.g + i); });
  if (a.gradient_bias != nullptr) {
    for (int64_t c = 0; c < channels; ++c) a.gradient_bias[c] += w.sums[c];
  }
  for (int64_t group = 0; group < s.groups; ++group) {
    const int64_t begin = group * s.width;
    double sum = 0;
    if (s.centred) {
      sum = sum_of(s.width, [&](auto d, int64_t i) HWY_ATTR {
        return hn::Mul(hn::LoadU(d, w.sums + begin + i), load_as_double(d, a.scale + begin + i));
      });
    }
    std::fill_n(w.added + begin, s.width, static_cast<T>(-sum / count * inverse[begin]));
  }
  sum_columns(s.positions, channels, w.wide, w.sums, [&](auto d, int64_t i, int64_t c) HWY_ATTR {
    return hn::Mul(load_as_double(d, a.g + i),
                   hn::Sub(load_as_double(d, a.x + i), hn::LoadU(d, w.mean + c)));
  });
  for (int64_t group = 0; group < s.groups; ++group) {
    const int64_t begin = group * s.width;
    const double deviation = inverse[begin];
    const double products = sum_of(s.width, [&](auto d, int64_t i) HWY_ATTR {
      return hn::Mul(hn::LoadU(d, w.sums + begin + i), load_as_double(d, a.scale + begin + i));
    });
    const double slope = -products * deviation * deviation * deviation / count;
    std::fill_n(w.slope + begin, s.width, static_cast<T>(slope));
  }
  if (a.gradient_scale != nullptr) {
    for (int64_t c = 0; c < channels; ++c) a.gradient_scale[c] += w.sums[c] * inverse[c];
  }
  for (int64_t c = 0; c < channels; ++c) w.offset[c] = static_cast<T>(w.mean[c]);
  fill_period(channels, w.offset);
  fill_period(channels, w.factor);
  fill_period(channels, w.slope);
  fill_period(channels, w.added);
  map_columns<T>(s.positions, channels, [&](auto d, int64_t i, int64_t c) HWY_ATTR {
    const auto difference = hn::Sub(hn::LoadU(d, a.x + i), hn::LoadU(d, w.offset + c));
    const auto rest = hn::MulAdd(difference, hn::LoadU(d, w.slope + c), hn::LoadU(d, w.added + c));
    const auto g = hn::MulAdd(hn::LoadU(d, a.g + i), hn::LoadU(d, w.factor + c), rest);
    hn::StoreU(g, d, a.gradient_x + i);
  });
}

// ---- rows of the outer axis ----

template <typename T>
HWY_INLINE void normalize_rows(const NormalizeShape& s, const ForwardArrays<T>& arrays,
                               const Workspace<T>& w, int64_t begin, int64_t end) {
  const int64_t channels = s.channels();
  for (int64_t row = begin; row < end; ++row) {
    const int64_t start = row * s.positions * channels;
    ForwardArrays<T> a{arrays.x + start, arrays.scale, arrays.bias, arrays.y + start};
    if (s.positions > 1) {
      normalize_spread(s, a, w);
      continue;
    }
    for (int64_t group = 0; group < s.groups; ++group) {
      normalize_row(s, a);
      a = {a.x + s.width, a.scale + s.width, a.bias + s.width, a.y + s.width};
    }
  }
}

template <typename T>
HWY_INLINE void differentiate_rows(const NormalizeShape& s, const GradientArrays<T>& arrays,
                                   const Workspace<T>& w, int64_t begin, int64_t end) {
  const int64_t channels = s.channels();
  const auto ahead = [](double* from, int64_t by) { return from == nullptr ? from : from + by; };
  for (int64_t row = begin; row < end; ++row) {
    const int64_t start = row * s.positions * channels;
    GradientArrays<T> a = arrays;
    a.x += start;
    a.g += start;
    a.gradient_x += start;
    if (s.positions > 1) {
      differentiate_spread(s, a, w);
      continue;
    }
    for (int64_t group = 0; group < s.groups; ++group) {
      differentiate_row(s, a);
      a = {a.x + s.width,
           a.g + s.width,
           a.scale + s.width,
           a.gradient_x + s.width,
           ahead(a.gradient_scale, s.width),
           ahead(a.gradient_bias, s.width)};
    }
  }
}

template <typename T>
HWY_INLINE void moments_of_tile(int64_t rows, int64_t columns, const ColumnArrays<T>& a,
                                const Workspace<T>& w) {
  sum_columns(rows, columns, w.wide, a.sums,
              [&](auto d, int64_t i, int64_t) HWY_ATTR { return load_as_double(d, a.x + i); });
  for (int64_t c = 0; c < columns; ++c) w.mean[c] = a.sums[c] / static_cast<double>(rows);
  fill_period(columns, w.mean);
  sum_columns(rows, columns, w.wide, a.products, [&](auto d, int64_t i, int64_t c) HWY_ATTR {
    const auto difference = hn::Sub(load_as_double(d, a.x + i), hn::LoadU(d, w.mean + c));
    return hn::Mul(difference, difference);
  });
}

template <typename T>
HWY_INLINE void centred_sums_of_tile(int64_t rows, int64_t columns, const ColumnArrays<T>& a,
                                     const Workspace<T>& w) {
  for (int64_t c = 0; c < columns; ++c) w.mean[c] = static_cast<double>(a.mean[c]);
  fill_period(columns, w.mean);
  sum_columns(rows, columns, w.wide, a.sums,
              [&](auto d, int64_t i, int64_t) HWY_ATTR { return load_as_double(d, a.g + i); });
  sum_columns(rows, columns, w.wide, a.products, [&](auto d, int64_t i, int64_t c) HWY_ATTR {
    return hn::Mul(load_as_double(d, a.g + i),
                   hn::Sub(load_as_double(d, a.x + i), hn::LoadU(d, w.mean + c)));
  });
}

#define CASTALIA_NORMALIZE(T, suffix)                                                 \
  void normalize_##suffix(const NormalizeShape& s, const ForwardArrays<T>& a,         \
                          const Workspace<T>& w, int64_t begin, int64_t end) {        \
    normalize_rows(s, a, w, begin, end);                                              \
  }                                                                                   \
  void differentiate_##suffix(const NormalizeShape& s, const GradientArrays<T>& a,    \
                              const Workspace<T>& w, int64_t begin, int64_t end) {    \
    differentiate_rows(s, a, w, begin, end);                                          \
  }                                                                                   \
  void moments_##suffix(int64_t rows, int64_t columns, const ColumnArrays<T>& a,      \
                        const Workspace<T>& w) {                                      \
    moments_of_tile(rows, columns, a, w);                                             \
  }                                                                                   \
  void centred_sums_##suffix(int64_t rows, int64_t columns, const ColumnArrays<T>& a, \
                             const Workspace<T>& w) {                                 \
    centred_sums_of_tile(rows, columns, a, w);                                        \
  }
CASTALIA_NORMALIZE(float, float32)
CASTALIA_NORMALIZE(double, float64)
#undef CASTALIA_NORMALIZE

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(normalize_float32);
HWY_EXPORT(normalize_float64);
HWY_EXPORT(differentiate_float32);
HWY_EXPORT(differentiate_float64);
HWY_EXPORT(moments_float32);
HWY_EXPORT(moments_float64);
HWY_EXPORT(centred_sums_float32);
HWY_EXPORT(centred_sums_float64);

constexpr int64_t kTileElements = 16384;

}  // namespace

int64_t normalize_rows_per_tile(int64_t positions, int64_t channels) {
  return std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, positions * channels));
}

int64_t normalize_tiles(const NormalizeShape& shape) {
  const int64_t rows = normalize_rows_per_tile(shape.positions, shape.channels());
  return (shape.outer + rows - 1) / rows;
}

template <typename T>
size_t normalize_scratch_bytes(const NormalizeShape& shape) {
  return Workspace<T>::bytes(shape.channels());
}

template <typename T>
void normalize(const NormalizeShape& shape, const T* x, const T* scale, const T* bias, T* y,
               std::byte* scratch, int64_t first, int64_t last) {
  ensure_dispatch();
  if (shape.positions * shape.channels() == 0) return;
  const int64_t rows = normalize_rows_per_tile(shape.positions, shape.channels());
  const Workspace<T> w(scratch, shape.channels());
  std::fill_n(w.ones, shape.channels(), T(1));
  std::fill_n(w.zeros, shape.channels(), T(0));
  const ForwardArrays<T> arrays{x, scale == nullptr ? w.ones : scale,
                                bias == nullptr ? w.zeros : bias, y};
  const int64_t begin = first * rows;
  const int64_t end = std::min(shape.outer, last * rows);
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(normalize_float32)(shape, arrays, w, begin, end);
  } else {
    HWY_DYNAMIC_DISPATCH(normalize_float64)(shape, arrays, w, begin, end);
  }
}

template <typename T>
void normalize_gradient(const NormalizeShape& shape, const T* x, const T* g, const T* scale,
                        T* gradient_x, double* gradient_scale, double* gradient_bias,
                        std::byte* scratch, int64_t first, int64_t last) {
  ensure_dispatch();
  const int64_t channels = shape.channels();
  const int64_t rows = normalize_rows_per_tile(shape.positions, channels);
  const Workspace<T> w(scratch, channels);
  std::fill_n(w.ones, channels, T(1));
  for (int64_t tile = first; tile < last; ++tile) {
    const auto of_tile = [&](double* sums) {
      if (sums == nullptr) return sums;
      std::fill_n(sums + tile * channels, channels, 0.0);
      return sums + tile * channels;
    };
    const GradientArrays<T> arrays{x,
                                   g,
                                   scale == nullptr ? w.ones : scale,
                                   gradient_x,
                                   of_tile(gradient_scale),
                                   of_tile(gradient_bias)};
    if (shape.positions * channels == 0) continue;
    const int64_t begin = tile * rows;
    const int64_t end = std::min(shape.outer, begin + rows);
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(differentiate_float32)(shape, arrays, w, begin, end);
    } else {
      HWY_DYNAMIC_DISPATCH(differentiate_float64)(shape, arrays, w, begin, end);
    }
  }
}

int64_t column_tile_rows(int64_t columns) {
  return std::max<int64_t>(64, kTileElements / std::max<int64_t>(1, columns));
}

int64_t column_tiles(int64_t rows, int64_t columns) {
  const int64_t together = column_tile_rows(columns);
  return (rows + together - 1) / together;
}

size_t column_scratch_bytes(int64_t columns) { return Workspace<double>::bytes(columns); }

template <typename T>
void column_moments(int64_t rows, int64_t columns, const T* x, double* sums, double* squares,
                    std::byte* scratch, int64_t first, int64_t last) {
  ensure_dispatch();
  const Workspace<T> w(scratch, columns);
  const int64_t together = column_tile_rows(columns);
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t begin = tile * together;
    const int64_t count = std::min(rows - begin, together);
    const ColumnArrays<T> arrays{x + begin * columns, nullptr, nullptr, sums + tile * columns,
                                 squares + tile * columns};
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(moments_float32)(count, columns, arrays, w);
    } else {
      HWY_DYNAMIC_DISPATCH(moments_float64)(count, columns, arrays, w);
    }
  }
}

template <typename T>
void centred_column_sums(int64_t rows, int64_t columns, const T* g, const T* x, const T* mean,
                         double* sums, double* products, std::byte* scratch, int64_t first,
                         int64_t last) {
  ensure_dispatch();
  const Workspace<T> w(scratch, columns);
  const int64_t together = column_tile_rows(columns);
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t begin = tile * together;
    const int64_t count = std::min(rows - begin, together);
    const ColumnArrays<T> arrays{x + begin * columns, g + begin * columns, mean,
                                 sums + tile * columns, products + tile * columns};
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(centred_sums_float32)(count, columns, arrays, w);
    } else {
      HWY_DYNAMIC_DISPATCH(centred_sums_float64)(count, columns, arrays, w);
    }
  }
}

#define CASTALIA_NORMALIZE(T)                                                                     \
  template size_t normalize_scratch_bytes<T>(const NormalizeShape&);                              \
  template void normalize(const NormalizeShape&, const T*, const T*, const T*, T*, std::byte*,    \
                          int64_t, int64_t);                                                      \
  template void normalize_gradient(const NormalizeShape&, const T*, const T*, const T*, T*,       \
                                   double*, double*, std::byte*, int64_t, int64_t);               \
  template void column_moments(int64_t, int64_t, const T*, double*, double*, std::byte*, int64_t, \
                               int64_t);                                                          \
  template void centred_column_sums(int64_t, int64_t, const T*, const T*, const T*, double*,      \
                                    double*, std::byte*, int64_t, int64_t);
CASTALIA_NORMALIZE(float)
CASTALIA_NORMALIZE(double)
#undef CASTALIA_NORMALIZE

}  // namespace castalia::cpu
#endif  // HWY_ONCE
