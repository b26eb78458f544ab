// Sums, products, extremes and running sums over one axis of a dense array, on the CPU.
//
// The array is [outer, n, inner], row-major: the axis in the middle goes, so inner = 1 reduces the
// last axis and outer = 1 the first. Sums and products accumulate in double. Their order depends
// on n, and on whether inner is 1, and on nothing else: a result has the same bits for any number
// of rows, position, tile, thread and instruction set.
//
// Tiles write disjoint parts of the result. Nothing here allocates or needs scratch; any thread may
// call. The result must not overlap the input.
#ifndef CASTALIA_CPP_RUNTIME_CPU_REDUCE_H_
#define CASTALIA_CPP_RUNTIME_CPU_REDUCE_H_

#include <cstdint>

namespace castalia::cpu {

struct ReduceShape {
  int64_t outer = 0;
  int64_t n = 0;
  int64_t inner = 1;
};

// Number of tiles, from the shape alone; 0 when the result is empty.
int64_t reduce_tiles(const ReduceShape& shape);

// out[o, i] = sum over j of in[o, j, i], for tiles [first, last). In and Out are float or double,
// in any combination. n = 0 gives zero.
template <typename In, typename Out>
void reduce_sum(const ReduceShape& shape, const In* in, Out* out, int64_t first, int64_t last);

// out[o, i] = max over j of in[o, j, i]; NaN if any of them is NaN. n = 0 gives minus infinity.
template <typename T>
void reduce_max(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last);

// The smallest; n = 0 gives infinity.
template <typename T>
void reduce_min(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last);

// out[o, i] = product over j of in[o, j, i], rounded to T once. n = 0 gives one.
template <typename T>
void reduce_product(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last);

// out[o, j] = in[o, 0] + ... + in[o, j] along the last axis (inner must be 1), one chain of
// additions in double, each rounded to T as it is stored.
template <typename T>
void cumulative_sum(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_REDUCE_H_
