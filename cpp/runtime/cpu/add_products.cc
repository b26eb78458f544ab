#include "cpp/runtime/cpu/add_products.h"

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/add_products.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Rows x Vectors sums in registers.
template <typename T, int Rows, int Vectors>
HWY_INLINE void add_block(int64_t k, const T* HWY_RESTRICT a, int64_t lda, const T* HWY_RESTRICT b,
                          int64_t ldb, T* HWY_RESTRICT c, int64_t ldc) {
  const hn::ScalableTag<T> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sum[Rows][Vectors];
  for (int i = 0; i < Rows; ++i) {
    for (int v = 0; v < Vectors; ++v) sum[i][v] = hn::LoadU(d, c + i * ldc + v * width);
  }
  for (int64_t p = 0; p < k; ++p) {
    hn::Vec<decltype(d)> row[Vectors];
    for (int v = 0; v < Vectors; ++v) row[v] = hn::LoadU(d, b + p * ldb + v * width);
    for (int i = 0; i < Rows; ++i) {
      const auto factor = hn::Set(d, a[i * lda + p]);
      for (int v = 0; v < Vectors; ++v) sum[i][v] = hn::MulAdd(factor, row[v], sum[i][v]);
    }
  }
  for (int i = 0; i < Rows; ++i) {
    for (int v = 0; v < Vectors; ++v) hn::StoreU(sum[i][v], d, c + i * ldc + v * width);
  }
}

template <typename T, int Rows>
void add_rows(int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c,
              int64_t ldc) {
  const auto width = static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  int64_t j = 0;
  for (; j + width < n; j += 2 * width) add_block<T, Rows, 2>(k, a, lda, b + j, ldb, c + j, ldc);
  if (j < n) add_block<T, Rows, 1>(k, a, lda, b + j, ldb, c + j, ldc);
}

template <typename T>
void add_all(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
             T* c, int64_t ldc) {
  int64_t i = 0;
  for (; i + 4 <= m; i += 4) add_rows<T, 4>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc);
  for (; i < m; ++i) add_rows<T, 1>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc);
}

void add_float(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
               int64_t ldb, float* c, int64_t ldc) {
  add_all(m, n, k, a, lda, b, ldb, c, ldc);
}
void add_double(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
                int64_t ldb, double* c, int64_t ldc) {
  add_all(m, n, k, a, lda, b, ldb, c, ldc);
}

}  // namespace
}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(add_float);
HWY_EXPORT(add_double);

}  // namespace

template <>
void add_products(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
                  int64_t ldb, float* c, int64_t ldc) {
  ensure_dispatch();
  HWY_DYNAMIC_DISPATCH(add_float)(m, n, k, a, lda, b, ldb, c, ldc);
}

template <>
void add_products(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
                  int64_t ldb, double* c, int64_t ldc) {
  ensure_dispatch();
  HWY_DYNAMIC_DISPATCH(add_double)(m, n, k, a, lda, b, ldb, c, ldc);
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
