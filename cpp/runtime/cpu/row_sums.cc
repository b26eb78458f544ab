#include "cpp/runtime/cpu/row_sums.h"

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/row_sums.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<double>;
// As many floats as a vector holds doubles.
using Narrow = hn::Rebind<float, Wide>;

HWY_INLINE hn::Vec<Wide> load_wide(const float* x) {
  return hn::PromoteTo(Wide(), hn::LoadU(Narrow(), x));
}
HWY_INLINE hn::Vec<Wide> load_wide(const double* x) { return hn::LoadU(Wide(), x); }

HWY_INLINE void store_narrow(hn::Vec<Wide> sum, float* out) {
#if HWY_TARGET == HWY_SCALAR
  // Highway's would saturate.
  *out = static_cast<float>(hn::GetLane(sum));
#else
  hn::StoreU(hn::DemoteTo(Narrow(), sum), Narrow(), out);
#endif
}
HWY_INLINE void store_narrow(hn::Vec<Wide> sum, double* out) { hn::StoreU(sum, Wide(), out); }

// visit_rows(add) calls add(row) for each row to be summed. The sums of some columns stay in
// registers while the rows pass; every column is summed alike, wherever it stands.
template <typename T, class VisitRows>
HWY_INLINE void sum_columns(size_t width, T* out, VisitRows visit_rows) {
  const Wide d;
  const size_t lanes = hn::Lanes(d);
  size_t j = 0;
  for (; j + 4 * lanes <= width; j += 4 * lanes) {
    auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    visit_rows([&](const T* row) {
      sum0 = hn::Add(sum0, load_wide(row + j));
      sum1 = hn::Add(sum1, load_wide(row + j + lanes));
      sum2 = hn::Add(sum2, load_wide(row + j + 2 * lanes));
      sum3 = hn::Add(sum3, load_wide(row + j + 3 * lanes));
    });
    store_narrow(sum0, out + j);
    store_narrow(sum1, out + j + lanes);
    store_narrow(sum2, out + j + 2 * lanes);
    store_narrow(sum3, out + j + 3 * lanes);
  }
  for (; j + lanes <= width; j += lanes) {
    auto sum = hn::Zero(d);
    visit_rows([&](const T* row) { sum = hn::Add(sum, load_wide(row + j)); });
    store_narrow(sum, out + j);
  }
  for (; j < width; ++j) {
    double sum = 0;
    visit_rows([&](const T* row) { sum += static_cast<double>(row[j]); });
    out[j] = static_cast<T>(sum);
  }
}

#define CASTALIA_ROW_SUMS(T, suffix)                                                          \
  void listed_##suffix(const T* x, size_t width, const int64_t* rows, size_t count, T* out) { \
    sum_columns(width, out, [&](auto add) {                                                   \
      for (size_t i = 0; i < count; ++i) add(x + static_cast<size_t>(rows[i]) * width);       \
    });                                                                                       \
  }                                                                                           \
  void masked_##suffix(const T* x, size_t width, const T* mask, size_t count, T* out) {       \
    sum_columns(width, out, [&](auto add) {                                                   \
      for (size_t i = 0; i < count; ++i) {                                                    \
        if (mask[i] != T(0)) add(x + i * width);                                              \
      }                                                                                       \
    });                                                                                       \
  }
CASTALIA_ROW_SUMS(float, float32)
CASTALIA_ROW_SUMS(double, float64)
#undef CASTALIA_ROW_SUMS

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

HWY_EXPORT(listed_float32);
HWY_EXPORT(listed_float64);
HWY_EXPORT(masked_float32);
HWY_EXPORT(masked_float64);

#define CASTALIA_ROW_SUMS(T, suffix)                                                          \
  template <>                                                                                 \
  void sum_listed_rows(const T* x, size_t width, const int64_t* rows, size_t count, T* out) { \
    ensure_dispatch();                                                                        \
    HWY_DYNAMIC_DISPATCH(listed_##suffix)(x, width, rows, count, out);                        \
  }                                                                                           \
  template <>                                                                                 \
  void sum_masked_rows(const T* x, size_t width, const T* mask, size_t count, T* out) {       \
    ensure_dispatch();                                                                        \
    HWY_DYNAMIC_DISPATCH(masked_##suffix)(x, width, mask, count, out);                        \
  }
CASTALIA_ROW_SUMS(float, float32)
CASTALIA_ROW_SUMS(double, float64)
#undef CASTALIA_ROW_SUMS

}  // namespace castalia::cpu
#endif  // HWY_ONCE
