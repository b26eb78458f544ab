// Sums over some of the rows of a matrix: of particles that are real, of rows of one segment.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ROW_SUMS_H_
#define CASTALIA_CPP_RUNTIME_CPU_ROW_SUMS_H_

#include <cstddef>
#include <cstdint>

namespace castalia::cpu {

// Each column is summed in float64, one row after the other, and rounded at the end; 0 without any.
// T is float or double. No buffer needs alignment or padding. Any thread; nothing is allocated.

// out[j] = sum of x[r][j] over the `count` rows r that are listed; x has rows of `width` elements.
template <typename T>
void sum_listed_rows(const T* x, size_t width, const int64_t* rows, size_t count, T* out);

// The sum over those of `count` rows whose mask is not 0. What stands in the others does not
// matter.
template <typename T>
void sum_masked_rows(const T* x, size_t width, const T* mask, size_t count, T* out);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ROW_SUMS_H_
