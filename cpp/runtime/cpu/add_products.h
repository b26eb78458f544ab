// Products of few terms added to what is there.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ADD_PRODUCTS_H_
#define CASTALIA_CPP_RUNTIME_CPU_ADD_PRODUCTS_H_

#include <cstdint>

namespace castalia::cpu {

// Goes on with the chains of multiply-adds of gemm.h where they stand in C:
//   c[i, j] += a[i, 0] b[0, j], then a[i, 1] b[1, j], ..., a[i, k - 1] b[k - 1, j]
// for i < m and j < n, rows of each matrix lda, ldb and ldc elements apart. For products of a few
// terms, of which gemm would make a panel. Whole vectors are processed: up to 64 bytes beyond the
// last element of a row are read of B and changed in C. Any thread.
template <typename T>
void add_products(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
                  T* c, int64_t ldc);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ADD_PRODUCTS_H_
