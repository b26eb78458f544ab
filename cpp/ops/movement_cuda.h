// Kernels on a device that move elements and change none of them: cpp/ops/movement.h there.
#ifndef CASTALIA_CPP_OPS_MOVEMENT_CUDA_H_
#define CASTALIA_CPP_OPS_MOVEMENT_CUDA_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "cpp/base/shape.h"
#include "cpp/ops/row_parts.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// What a thread moves at once: 4, 8 or 16 bytes.
template <int Bytes>
struct alignas(Bytes) Word {
  uint32_t parts[Bytes / 4] = {};
};

// Operands may be views into larger tensors, which start on any element.
template <typename W>
CASTALIA_ANYWHERE W load_word(const void* words, int64_t index) {
  const W* at = static_cast<const W*>(words) + index;
  if (reinterpret_cast<uintptr_t>(words) % alignof(W) == 0) return *at;
  const auto* parts = static_cast<const uint32_t*>(words) + index * (sizeof(W) / 4);
  W word;
  for (size_t i = 0; i < sizeof(W) / 4; ++i) word.parts[i] = parts[i];
  return word;
}

// f.template operator()<W>() with the longest word of which all these byte counts are multiples.
template <typename F>
void with_word(const std::vector<int64_t>& bytes, F f) {
  const auto fits = [&](int64_t word) {
    return std::all_of(bytes.begin(), bytes.end(), [&](int64_t b) { return b % word == 0; });
  };
  if (fits(16)) {
    f.template operator()<Word<16>>();
  } else if (fits(8)) {
    f.template operator()<Word<8>>();
  } else {
    f.template operator()<Word<4>>();
  }
}

// f.template operator()<Index>() with a type that counts up to `most`, the quicker the narrower.
template <typename F>
void with_index(int64_t most, F f) {
  if (most <= std::numeric_limits<int32_t>::max()) {
    f.template operator()<uint32_t>();
  } else {
    f.template operator()<int64_t>();
  }
}

// One part of every row of the result, in words.
struct WordPart {
  int input = 0;  // or kZeros
  int64_t begin = 0;
  int64_t from = 0;
  int64_t from_row = 0;
};

// Rows, each its parts one after another.
template <typename W, typename Index, int MostParts>
struct RowCopy {
  WordPart parts[MostParts] = {};
  int count = 0;
  int64_t row_words = 0;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const {
    const auto row = static_cast<Index>(index) / static_cast<Index>(row_words);
    const int64_t column = static_cast<Index>(index) % static_cast<Index>(row_words);
    int number = 0;
    while (number + 1 < count && column >= parts[number + 1].begin) ++number;
    const WordPart& part = parts[number];
    W word;
    if (part.input != kZeros) {
      word = load_word<W>(operands.inputs[part.input],
                          row * part.from_row + part.from + column - part.begin);
    }
    operands.out<W>(0)[index] = word;
  }
};

template <int MostParts>
void add_row_copy_of(ParallelKernel& kernel, int64_t rows, const std::vector<RowPart>& parts) {
  std::vector<int64_t> sizes;
  int64_t row_bytes = 0;
  for (const RowPart& part : parts) {
    sizes.insert(sizes.end(), {part.length, part.from, part.from_row});
    row_bytes += part.length;
  }
  with_word(sizes, [&]<typename W>() {
    constexpr int64_t kWord = sizeof(W);
    with_index(rows * row_bytes / kWord, [&]<typename Index>() {
      RowCopy<W, Index, MostParts> body;
      for (const RowPart& part : parts) {
        const int64_t begin = body.row_words;
        body.parts[body.count++] = {part.input, begin, part.from / kWord, part.from_row / kWord};
        body.row_words += part.length / kWord;
      }
      kernel.each(rows * body.row_words, body);
    });
  });
}

// Each row of the result is its parts one after another: at most as many as a kernel has operands.
inline void add_row_copy(ParallelKernel& kernel, RowParts copied) {
  auto& [rows, parts] = copied;
  std::erase_if(parts, [](const RowPart& part) { return part.length == 0; });
  if (parts.empty() || rows == 0) return;
  if (parts.size() <= 3) {
    add_row_copy_of<3>(kernel, rows, parts);
  } else {
    add_row_copy_of<Operands::kMostInputs>(kernel, rows, parts);
  }
}

// Layout::offset() of an index below the number of elements, by the quicker arithmetic of Index.
template <typename Index>
CASTALIA_ANYWHERE int64_t offset_in(const Layout& layout, int64_t index) {
  auto left = static_cast<Index>(index);
  int64_t offset = 0;
  for (int axis = layout.rank; axis-- > 1;) {
    const auto extent = static_cast<Index>(layout.extents[axis]);
    offset += static_cast<int64_t>(left % extent) * layout.strides[axis];
    left /= extent;
  }
  return offset + static_cast<int64_t>(left) * layout.strides[0];
}

// The result in the order of its shape, read with strides.
template <typename W, typename Index>
struct StridedCopy {
  Layout layout;  // in words
  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const {
    operands.out<W>(0)[index] = load_word<W>(operands.inputs[0], offset_in<Index>(layout, index));
  }
};

// Where neighbours in the result are apart in the operand, and the other way round: squares of it
// pass through shared memory, so that both are accessed along their rows.
template <typename W, typename Index>
struct TiledCopy {
  static constexpr int kSide = 32;
  static constexpr int kPitch = kSide + 1;  // against conflicts of banks
  static constexpr int kThreads = 256;
  static constexpr size_t kShared = sizeof(W) * kSide * kPitch;

  Layout batch;               // of the axes besides the two, over the operand
  Layout batch_out;           // the same over the result
  int64_t rows = 0;           // along the axis that is contiguous in the operand
  int64_t columns = 0;        // along the last axis of the result
  int64_t row_stride = 0;     // of the result
  int64_t column_stride = 0;  // of the operand
  int64_t row_tiles = 0;
  int64_t column_tiles = 0;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    const auto number = static_cast<Index>(block.index);
    const auto line = number / static_cast<Index>(column_tiles);
    const int64_t outer = line / static_cast<Index>(row_tiles);
    const int64_t column = static_cast<int64_t>(number % static_cast<Index>(column_tiles)) * kSide;
    const int64_t row = static_cast<int64_t>(line % static_cast<Index>(row_tiles)) * kSide;
    const W* in = operands.in<W>(0) + offset_in<Index>(batch, outer) + row + column * column_stride;
    W* out = operands.out<W>(0) + offset_in<Index>(batch_out, outer) + row * row_stride + column;
    const int in_rows = static_cast<int>(rows - row < kSide ? rows - row : kSide);
    const int in_columns = static_cast<int>(columns - column < kSide ? columns - column : kSide);
    W* tile = reinterpret_cast<W*>(block.shared);
    for (int i = block.thread(); i < kSide * kSide; i += block.threads()) {
      const int r = i % kSide;
      const int c = i / kSide;
      if (r < in_rows && c < in_columns) tile[r * kPitch + c] = in[r + c * column_stride];
    }
    block.sync();
    for (int i = block.thread(); i < kSide * kSide; i += block.threads()) {
      const int c = i % kSide;
      const int r = i / kSide;
      if (r < in_rows && c < in_columns) out[r * row_stride + c] = tile[r * kPitch + c];
    }
  }
};

// A layout with as few axes as give the same order.
inline Layout collapsed(const Shape& shape, const std::array<int64_t, Shape::kMaxRank>& strides) {
  Layout layout;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    const int last = layout.rank - 1;
    if (last >= 0 && layout.strides[last] == strides[axis] * shape[axis]) {
      layout.extents[last] *= shape[axis];
      layout.strides[last] = strides[axis];
    } else {
      layout.strides[layout.rank] = strides[axis];
      layout.extents[layout.rank++] = shape[axis];
    }
  }
  if (layout.rank == 0) layout.extents[layout.rank++] = 1;
  return layout;
}

// The axis to exchange with the last one in squares; -1 if there is none or it does not pay.
inline int exchanged_axis(const Layout& layout) {
  constexpr int64_t kWorthwhile = 12;
  const int last = layout.rank - 1;
  if (layout.strides[last] <= 1 || layout.extents[last] < kWorthwhile) return -1;
  for (int axis = 0; axis < last; ++axis) {
    if (layout.strides[axis] == 1 && layout.extents[axis] >= kWorthwhile) return axis;
  }
  return -1;
}

template <typename W, typename Index>
void add_tiled_copy(ParallelKernel& kernel, const Layout& layout, int exchanged) {
  using Body = TiledCopy<W, Index>;
  Body body;
  const int last = layout.rank - 1;
  int64_t out_stride = 1;
  int64_t batches = 1;
  int64_t out_strides[Shape::kMaxRank] = {};
  for (int axis = last; axis >= 0; --axis) {
    out_strides[axis] = out_stride;
    out_stride *= layout.extents[axis];
  }
  for (int axis = 0; axis < last; ++axis) {
    if (axis == exchanged) continue;
    const int to = body.batch.rank++;
    body.batch_out.rank = body.batch.rank;
    body.batch.extents[to] = body.batch_out.extents[to] = layout.extents[axis];
    body.batch.strides[to] = layout.strides[axis];
    body.batch_out.strides[to] = out_strides[axis];
    batches *= layout.extents[axis];
  }
  body.rows = layout.extents[exchanged];
  body.columns = layout.extents[last];
  body.row_stride = out_strides[exchanged];
  body.column_stride = layout.strides[last];
  body.row_tiles = (body.rows + body.kSide - 1) / body.kSide;
  body.column_tiles = (body.columns + body.kSide - 1) / body.kSide;
  kernel.blocks<Body::kThreads>(batches * body.row_tiles * body.column_tiles, Body::kShared, body);
}

// The result in the order of its shape, read from the operand with the given strides (in elements):
// transposes and broadcasts.
inline void add_strided_copy(ParallelKernel& kernel, DType dtype, const Shape& shape,
                             const std::array<int64_t, Shape::kMaxRank>& strides) {
  const int64_t count = shape.count();
  if (count == 0) return;
  Layout layout = collapsed(shape, strides);
  const auto element = static_cast<int64_t>(size_of(dtype));
  const int exchanged = exchanged_axis(layout);
  if (exchanged >= 0) {
    with_index(count, [&]<typename Index>() {
      if (element == 4) {
        add_tiled_copy<uint32_t, Index>(kernel, layout, exchanged);
      } else {
        add_tiled_copy<uint64_t, Index>(kernel, layout, exchanged);
      }
    });
    return;
  }
  // Where rows stay together longer words move: axes are then measured in those.
  const int last = layout.rank - 1;
  std::vector<int64_t> sizes{element};
  if (layout.strides[last] == 1) {
    sizes[0] = layout.extents[last] * element;
    for (int axis = 0; axis < last; ++axis) sizes.push_back(layout.strides[axis] * element);
  }
  with_word(sizes, [&]<typename W>() {
    const int64_t length = static_cast<int64_t>(sizeof(W)) / element;
    if (length > 1) {
      layout.extents[last] /= length;
      for (int axis = 0; axis < last; ++axis) layout.strides[axis] /= length;
    }
    with_index(count / length, [&]<typename Index>() {
      kernel.each(count / length, StridedCopy<W, Index>{layout});
    });
  });
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_MOVEMENT_CUDA_H_
