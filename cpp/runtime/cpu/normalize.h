// Normalisation to mean 0 and variance 1, its gradient, and moments of columns, on the CPU.
//
// Statistics accumulate in double, in an order that depends on the shape of one row alone: a row's
// result has the same bits beside any number of rows. What sums across rows does so tile by tile,
// and the caller adds the tiles in their order. Nothing here allocates; any thread may call.
#ifndef CASTALIA_CPP_RUNTIME_CPU_NORMALIZE_H_
#define CASTALIA_CPP_RUNTIME_CPU_NORMALIZE_H_

#include <cstddef>
#include <cstdint>

namespace castalia::cpu {

// The array is [outer, positions, groups, width], row-major. For every outer index and group, the
// positions * width elements share one mean and one variance.
struct NormalizeShape {
  int64_t outer = 0;
  int64_t positions = 1;
  int64_t groups = 1;
  int64_t width = 0;
  bool centred = true;  // false: the mean is not subtracted, and the mean square is the variance
  double epsilon = 1e-5;

  int64_t channels() const { return groups * width; }
};

// Outer indices that one tile takes together.
int64_t normalize_rows_per_tile(int64_t positions, int64_t channels);
int64_t normalize_tiles(const NormalizeShape& shape);
// Scratch for both functions below, 64-byte aligned.
template <typename T>
size_t normalize_scratch_bytes(const NormalizeShape& shape);

// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, for tiles [first, last). scale and bias
// are [groups, width], or null for 1 and 0. y may be x.
template <typename T>
void normalize(const NormalizeShape& shape, const T* x, const T* scale, const T* bias, T* y,
               std::byte* scratch, int64_t first, int64_t last);

// From the gradient g with respect to y: that of x, and for each tile those of scale and bias,
// summed over the tile's elements: [tiles, groups, width]. The last two may be null.
template <typename T>
void normalize_gradient(const NormalizeShape& shape, const T* x, const T* g, const T* scale,
                        T* gradient_x, double* gradient_scale, double* gradient_bias,
                        std::byte* scratch, int64_t first, int64_t last);

// Matrices [rows, columns] whose columns are summed, in tiles of this many rows.
int64_t column_tile_rows(int64_t columns);
int64_t column_tiles(int64_t rows, int64_t columns);
size_t column_scratch_bytes(int64_t columns);

// For each tile of rows the sum of every column and the sum of squared differences from the tile's
// own mean: both [tiles, columns].
template <typename T>
void column_moments(int64_t rows, int64_t columns, const T* x, double* sums, double* squares,
                    std::byte* scratch, int64_t first, int64_t last);

// For each tile of rows the sums of g and of g * (x - mean) over every column; mean is [columns].
template <typename T>
void centred_column_sums(int64_t rows, int64_t columns, const T* g, const T* x, const T* mean,
                         double* sums, double* products, std::byte* scratch, int64_t first,
                         int64_t last);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_NORMALIZE_H_
