#include "cpp/ops/movement.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

// A shape and the strides it is read with, with as few axes as give the same order.
struct Layout {
  Shape shape;
  std::array<int64_t, Shape::kMaxRank> strides{};

  Layout(const Shape& full, const std::array<int64_t, Shape::kMaxRank>& full_strides) {
    for (int axis = 0; axis < full.rank(); ++axis) {
      if (full[axis] == 1) continue;
      const int last = shape.rank() - 1;
      if (last >= 0 && strides[last] == full_strides[axis] * full[axis]) {
        shape[last] *= full[axis];
        strides[last] = full_strides[axis];
      } else {
        strides[shape.rank()] = full_strides[axis];
        shape.push_back(full[axis]);
      }
    }
    if (shape.rank() == 0) shape.push_back(1);
  }

  // Where row `row` of the output (the last axis is a row) starts in the input.
  int64_t start(int64_t row) const {
    int64_t offset = 0;
    for (int axis = shape.rank() - 2; axis >= 0; --axis) {
      offset += row % shape[axis] * strides[axis];
      row /= shape[axis];
    }
    return offset;
  }
};

// Rows are written a block of columns at a time, so that a transpose finds the lines that one row
// brought into the cache when it comes to the next.
constexpr int64_t kBlockRows = 16;
constexpr int64_t kBlockColumns = 64;

template <typename T>
void copy_rows(const Layout& layout, const T* in, T* out, int64_t first, int64_t last) {
  const int64_t columns = layout.shape.back();
  const int64_t stride = layout.strides[layout.shape.rank() - 1];
  for (int64_t block = first; block < last; block += kBlockRows) {
    const int64_t rows = std::min(kBlockRows, last - block);
    const T* starts[kBlockRows];
    for (int64_t i = 0; i < rows; ++i) starts[i] = in + layout.start(block + i);
    T* target = out + block * columns;
    if (stride == 1) {
      for (int64_t i = 0; i < rows; ++i) std::copy_n(starts[i], columns, target + i * columns);
    } else if (stride == 0) {
      for (int64_t i = 0; i < rows; ++i) std::fill_n(target + i * columns, columns, *starts[i]);
    } else {
      for (int64_t begin = 0; begin < columns; begin += kBlockColumns) {
        const int64_t end = std::min(columns, begin + kBlockColumns);
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t j = begin; j < end; ++j) target[i * columns + j] = starts[i][j * stride];
        }
      }
    }
  }
}

template <typename T>
std::unique_ptr<Kernel> make_typed_strided_copy(const Layout& layout) {
  const int64_t columns = layout.shape.back();
  const int64_t rows = columns == 0 ? 0 : layout.shape.count(0, layout.shape.rank() - 1);
  return make_row_kernel(rows, columns * static_cast<int64_t>(sizeof(T)),
                         [layout](const KernelArguments& arguments, int64_t first, int64_t last) {
                           copy_rows(layout, static_cast<const T*>(arguments.inputs[0]),
                                     static_cast<T*>(arguments.outputs[0]), first, last);
                         });
}

}  // namespace

std::unique_ptr<Kernel> make_row_copy(RowParts copied) {
  auto& [rows, parts] = copied;
  std::erase_if(parts, [](const RowPart& part) { return part.length == 0; });
  int64_t row_bytes = 0;
  for (const RowPart& part : parts) row_bytes += part.length;
  return make_row_kernel(
      row_bytes == 0 ? 0 : rows, row_bytes,
      [parts = std::move(copied.parts), row_bytes](const KernelArguments& arguments, int64_t first,
                                                   int64_t last) {
        std::byte* out = static_cast<std::byte*>(arguments.outputs[0]) + first * row_bytes;
        for (int64_t row = first; row < last; ++row) {
          for (const RowPart& part : parts) {
            const auto length = static_cast<size_t>(part.length);
            if (part.input == kZeros) {
              std::memset(out, 0, length);
            } else {
              const auto* in = static_cast<const std::byte*>(arguments.inputs[part.input]);
              std::memcpy(out, in + row * part.from_row + part.from, length);
            }
            out += length;
          }
        }
      });
}

std::unique_ptr<Kernel> make_strided_copy(DType dtype, const Shape& shape,
                                          const std::array<int64_t, Shape::kMaxRank>& strides) {
  const Layout layout(shape, strides);
  // Only the size of an element matters to a copy.
  return size_of(dtype) == 4 ? make_typed_strided_copy<uint32_t>(layout)
                             : make_typed_strided_copy<uint64_t>(layout);
}

}  // namespace castalia
