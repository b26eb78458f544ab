// Copies a piece of a broadcast or strided operand into contiguous memory.
#ifndef CASTALIA_CPP_RUNTIME_CPU_BROADCAST_TILE_H_
#define CASTALIA_CPP_RUNTIME_CPU_BROADCAST_TILE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "cpp/base/shape.h"

namespace castalia::cpu {

// Copies and fills work in pieces of this many bytes, and may read and write as many past the end.
inline constexpr size_t kCopyBytes = 32;

template <typename Word>
void fill_words(Word* out, Word value, int64_t count) {
  Word piece[kCopyBytes / sizeof(Word)];
  std::fill(std::begin(piece), std::end(piece), value);
  for (int64_t i = 0; i < count; i += kCopyBytes / sizeof(Word)) {
    std::memcpy(out + i, piece, kCopyBytes);
  }
}

template <typename Word>
void copy_words(Word* out, const Word* in, int64_t count) {
  if (count > 512) {
    std::memcpy(out, in, static_cast<size_t>(count) * sizeof(Word));
    return;
  }
  for (int64_t i = 0; i < count; i += kCopyBytes / sizeof(Word)) {
    std::memcpy(out + i, in + i, kCopyBytes);
  }
}

// Walks the row-major positions [start, start + count) of the given extents and writes the elements
// of `in`, which steps by `strides`. Word is an integer as wide as the elements.
template <typename Word>
void gather_words(Word* out, const Word* in, const Shape& extents,
                  const std::array<int64_t, Shape::kMaxRank>& strides, int64_t start,
                  int64_t count) {
  const int inner = extents.rank() - 1;
  std::array<int64_t, Shape::kMaxRank> position{};
  for (int axis = inner; axis >= 0; --axis) {
    position[axis] = start % extents[axis];
    start /= extents[axis];
    in += position[axis] * strides[axis];
  }
  while (true) {
    const int64_t run = std::min(extents[inner] - position[inner], count);
    const int64_t step = strides[inner];
    if (step == 1) {
      copy_words(out, in, run);
    } else if (step == 0) {
      fill_words(out, *in, run);
    } else {
      for (int64_t i = 0; i < run; ++i) out[i] = in[i * step];
    }
    out += run;
    count -= run;
    if (count == 0) return;
    in -= position[inner] * step;
    position[inner] = 0;
    for (int axis = inner - 1; axis >= 0; --axis) {
      in += strides[axis];
      if (++position[axis] < extents[axis]) break;
      in -= extents[axis] * strides[axis];
      position[axis] = 0;
    }
  }
}

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_BROADCAST_TILE_H_
