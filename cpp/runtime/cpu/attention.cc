#include "cpp/runtime/cpu/attention.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/attention.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/column_sums-inl.h"
#include "cpp/runtime/cpu/math.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// A NaN among the elements may be skipped here: it is one of the weights and of their sum, too.
template <typename T>
HWY_INLINE T largest_of(const T* HWY_RESTRICT row, int64_t padded) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto vector = hn::Set(d, std::numeric_limits<T>::lowest());
  for (int64_t j = 0; j < padded; j += lanes) vector = hn::Max(vector, hn::LoadU(d, row + j));
  return hn::GetLane(hn::MaxOfLanes(d, vector));
}

// Nothing is visible, or all that is is NaN.
template <typename T>
void weights_of_blind_row(int64_t keys, T* row) {
  const T* const unknown = std::find_if(row, row + keys, [](T x) { return x != x; });
  std::fill(row, row + padded_keys(keys), unknown == row + keys ? T(0) : *unknown);
}

template <typename T>
void weights_of_row(int64_t keys, T scale, const T* mask, const T* bias, T* HWY_RESTRICT row) {
  constexpr T kLowest = std::numeric_limits<T>::lowest();
  const int64_t padded = padded_keys(keys);
  for_lanes<T>(padded, [&](auto d, int64_t j) HWY_ATTR {
    auto score = hn::Mul(hn::LoadU(d, row + j), hn::Set(d, scale));
    if (bias != nullptr) score = hn::Add(score, hn::LoadU(d, bias + j));
    if (mask != nullptr) {
      const auto hidden = hn::Eq(hn::LoadU(d, mask + j), hn::Zero(d));
      score = hn::IfThenElse(hidden, hn::Set(d, kLowest), score);
    }
    hn::StoreU(score, d, row + j);
  });
  std::fill(row + keys, row + padded, kLowest);
  const T largest = largest_of(row, padded);
  if (largest == kLowest) return weights_of_blind_row(keys, row);
  for_lanes<T>(padded, [&](auto d, int64_t j) HWY_ATTR {
    const auto below = hn::Sub(hn::LoadU(d, row + j), hn::Set(d, largest));
    hn::StoreU(exp_of_negative(d, below), d, row + j);
  });
  const double sum =
      sum_of(padded, [&](auto d, int64_t j) HWY_ATTR { return load_as_double(d, row + j); });
  const T inverse = static_cast<T>(1.0 / sum);
  for_lanes<T>(padded, [&](auto d, int64_t j) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::LoadU(d, row + j), hn::Set(d, inverse)), d, row + j);
  });
}

template <typename T>
void gradient_of_row(int64_t keys, const T* HWY_RESTRICT weights, T* HWY_RESTRICT gradient) {
  const int64_t padded = padded_keys(keys);
  std::fill(gradient + keys, gradient + padded, T(0));
  const double sum = sum_of(padded, [&](auto d, int64_t j) HWY_ATTR {
    return hn::Mul(load_as_double(d, weights + j), load_as_double(d, gradient + j));
  });
  const T mean = static_cast<T>(sum);
  for_lanes<T>(padded, [&](auto d, int64_t j) HWY_ATTR {
    const auto difference = hn::Sub(hn::LoadU(d, gradient + j), hn::Set(d, mean));
    hn::StoreU(hn::Mul(hn::LoadU(d, weights + j), difference), d, gradient + j);
  });
}

void weights_float32(int64_t keys, float scale, const float* mask, const float* bias, float* row) {
  weights_of_row(keys, scale, mask, bias, row);
}
void weights_float64(int64_t keys, double scale, const double* mask, const double* bias,
                     double* row) {
  weights_of_row(keys, scale, mask, bias, row);
}
void gradient_float32(int64_t keys, const float* weights, float* gradient) {
  gradient_of_row(keys, weights, gradient);
}
void gradient_float64(int64_t keys, const double* weights, double* gradient) {
  gradient_of_row(keys, weights, gradient);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(weights_float32);
HWY_EXPORT(weights_float64);
HWY_EXPORT(gradient_float32);
HWY_EXPORT(gradient_float64);

template <typename T>
const T* row_of(const ScoreRows<T>& rows, int64_t row) {
  return rows.data == nullptr ? nullptr : rows.data + row * rows.row;
}

}  // namespace

template <typename T>
void attention_weights(int64_t rows, int64_t keys, double scale, const ScoreRows<T>& mask,
                       const ScoreRows<T>& bias, T* scores) {
  ensure_dispatch();
  for (int64_t i = 0; i < rows; ++i, scores += padded_keys(keys)) {
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(weights_float32)
      (keys, static_cast<float>(scale), row_of(mask, i), row_of(bias, i), scores);
    } else {
      HWY_DYNAMIC_DISPATCH(weights_float64)
      (keys, scale, row_of(mask, i), row_of(bias, i), scores);
    }
  }
}

template <typename T>
void attention_weights_gradient(int64_t rows, int64_t keys, const T* weights, T* gradient) {
  ensure_dispatch();
  for (int64_t i = 0; i < rows; ++i) {
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(gradient_float32)(keys, weights, gradient);
    } else {
      HWY_DYNAMIC_DISPATCH(gradient_float64)(keys, weights, gradient);
    }
    weights += padded_keys(keys);
    gradient += padded_keys(keys);
  }
}

#define CASTALIA_ATTENTION(T)                                                    \
  template void attention_weights(int64_t, int64_t, double, const ScoreRows<T>&, \
                                  const ScoreRows<T>&, T*);                      \
  template void attention_weights_gradient(int64_t, int64_t, const T*, T*);
CASTALIA_ATTENTION(float)
CASTALIA_ATTENTION(double)
#undef CASTALIA_ATTENTION

}  // namespace castalia::cpu
#endif  // HWY_ONCE
