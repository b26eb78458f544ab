// Sums, products, extremes and running sums over one axis of a dense array, on the CPU.
//
// The array is [outer, n, inner], row-major: the axis in the middle goes, so inner = 1 reduces the
// last axis and outer = 1 the first. Sums and products accumulate in double. The order depends on
// n, and on whether inner is 1, and on nothing else: a result has the same bits for any number
// of rows, position, tile, thread and instruction set.
//
// Tiles write disjoint parts of the result. Nothing here allocates or needs scratch; any thread may
// call. The result must not overlap the input.
//
// The array may be in memory, or be made piece by piece while it is reduced (ReduceSource). Either
// way the bits are the same.
#ifndef CASTALIA_CPP_RUNTIME_CPU_REDUCE_H_
#define CASTALIA_CPP_RUNTIME_CPU_REDUCE_H_

#include <cstdint>

namespace castalia::cpu {

struct ReduceShape {
  int64_t outer = 0;
  int64_t n = 0;
  int64_t inner = 1;
  // Columns that a tile has at least, where the first axis goes and tiles are some columns of all
  // rows.
  int64_t tile_columns = 64;
};

// The array, by pieces. Each element is asked for once.
template <typename In>
struct ReduceSource {
  // Elements [first, first + count) of the array in row-major order, valid until the next call.
  const In* (*piece)(void* object, int64_t first, int64_t count);
  void* object;
  // The most elements of a piece, a multiple of 32; kAll when the array is in memory, and a piece
  // may be more than is needed.
  int64_t capacity;

  static constexpr int64_t kAll = INT64_MAX;
};

template <typename In>
ReduceSource<In> in_memory(const In* in) {
  return {[](void* object, int64_t first, int64_t) -> const In* {
            return static_cast<const In*>(object) + first;
          },
          const_cast<In*>(in), ReduceSource<In>::kAll};
}

// Number of tiles, from the shape alone; 0 when the result is empty.
int64_t reduce_tiles(const ReduceShape& shape);

// out[o, i] = sum over j of in[o, j, i], for tiles [first, last). In and Out are float or double,
// in any combination. n = 0 gives zero.
template <typename In, typename Out>
void reduce_sum(const ReduceShape& shape, const ReduceSource<In>& in, Out* out, int64_t first,
                int64_t last);

// out[o, i] = max over j of in[o, j, i]; NaN if any of them is NaN. n = 0 gives minus infinity.
template <typename T>
void reduce_max(const ReduceShape& shape, const ReduceSource<T>& in, T* out, int64_t first,
                int64_t last);

// The smallest; n = 0 gives infinity.
template <typename T>
void reduce_min(const ReduceShape& shape, const ReduceSource<T>& in, T* out, int64_t first,
                int64_t last);

// out[o, i] = product over j of in[o, j, i], rounded to T once. n = 0 gives one.
template <typename T>
void reduce_product(const ReduceShape& shape, const ReduceSource<T>& in, T* out, int64_t first,
                    int64_t last);

// out[o, j] = in[o, 0] + ... + in[o, j] along the last axis (inner must be 1), one chain of
// additions in double, each rounded to T as it is stored.
template <typename T>
void cumulative_sum(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last);

// The same of an array in memory.
template <typename In, typename Out>
void reduce_sum(const ReduceShape& shape, const In* in, Out* out, int64_t first, int64_t last) {
  reduce_sum(shape, in_memory(in), out, first, last);
}
template <typename T>
void reduce_max(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  reduce_max(shape, in_memory(in), out, first, last);
}
template <typename T>
void reduce_min(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  reduce_min(shape, in_memory(in), out, first, last);
}
template <typename T>
void reduce_product(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  reduce_product(shape, in_memory(in), out, first, last);
}

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_REDUCE_H_
