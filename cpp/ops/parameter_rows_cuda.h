// Many scalars on a device, each with a row of parameters of its own: a block's threads fetch the
// rows of its elements together, which is where neighbours read neighbours, and then work on one
// row each in shared memory.
#ifndef CASTALIA_CPP_OPS_PARAMETER_ROWS_CUDA_H_
#define CASTALIA_CPP_OPS_PARAMETER_ROWS_CUDA_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "cpp/runtime/cuda/parallel.h"

// Asks for a loop to be unrolled, in full or so many times.
#ifdef __CUDACC__
#define CASTALIA_UNROLL _Pragma("unroll")
#define CASTALIA_UNROLL_4 _Pragma("unroll 4")
#define CASTALIA_UNROLL_8 _Pragma("unroll 8")
#else
#define CASTALIA_UNROLL
#define CASTALIA_UNROLL_4
#define CASTALIA_UNROLL_8
#endif

namespace castalia::cuda {

// How the rows of `count` elements are shared out among blocks.
struct ParameterRows {
  static constexpr int kThreads = 128;
  static constexpr int64_t kMostShared = 64 * 1024;

  int64_t count = 0;
  int parameters = 0;  // of an element
  int pitch = 0;       // between rows in shared memory: odd, so that threads meet different banks
  int elements = 0;    // of a block; 0 where not even one row fits

  // `extra` numbers more of each row are for the threads alone.
  ParameterRows(int64_t count, int64_t row, size_t bytes_of_number, int64_t extra = 0)
      : count(count) {
    const int64_t most = kMostShared / static_cast<int64_t>(bytes_of_number);
    if (row + extra >= most) return;
    parameters = static_cast<int>(row);
    pitch = static_cast<int>(row + extra) | 1;
    elements = static_cast<int>(std::clamp<int64_t>(most / pitch, 1, kThreads));
  }
  int64_t blocks() const { return (count + elements - 1) / elements; }
  size_t shared_bytes(size_t bytes_of_number) const {
    return static_cast<size_t>(elements) * static_cast<size_t>(pitch) * bytes_of_number;
  }

  CASTALIA_ANYWHERE int64_t first(const Block& block) const { return block.index * elements; }
  // Of this block.
  CASTALIA_ANYWHERE int size(const Block& block) const {
    const int64_t left = count - first(block);
    return left < elements ? static_cast<int>(left) : elements;
  }

  // The block's rows of `all`, as numbers of type To, into shared memory. Does not sync().
  template <typename From, typename To>
  CASTALIA_ANYWHERE void load(const Block& block, const From* all, To* rows) const {
    const From* from = all + first(block) * parameters;
    copy(block, [&](int memory, int row) { rows[row] = static_cast<To>(from[memory]); });
  }
  // And back into `all`.
  template <typename T>
  CASTALIA_ANYWHERE void store(const Block& block, const T* rows, T* all) const {
    T* to = all + first(block) * parameters;
    copy(block, [&](int memory, int row) { to[memory] = rows[row]; });
  }

 private:
  template <typename Move>
  CASTALIA_ANYWHERE void copy(const Block& block, Move move) const {
    const int total = size(block) * parameters;
    const int step = block.threads();
    if (pitch == parameters) {
      CASTALIA_UNROLL_8
      for (int i = block.thread(); i < total; i += step) move(i, i);
    } else {
      CASTALIA_UNROLL_4
      for (int i = block.thread(); i < total; i += step) {
        move(i, i + i / parameters * (pitch - parameters));
      }
    }
  }
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_PARAMETER_ROWS_CUDA_H_
