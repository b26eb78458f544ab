// Weights in the order in which a network that is computed unit by unit reads them.
#ifndef CASTALIA_CPP_OPS_BLOCKED_WEIGHT_H_
#define CASTALIA_CPP_OPS_BLOCKED_WEIGHT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpp/runtime/cpu/gemm.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// For each block of columns the panels of a product with the rows before the block, then the rows
// within the block one by one, padded, with zeros where a column does not see the row.
template <typename T>
class BlockedWeight {
 public:
  struct Part {
    int64_t depth;  // rows before the block; the first row within
    int64_t first;  // column
    int64_t columns;
    int64_t rows;           // within the block
    size_t panels, within;  // places, in elements

    // Of a row within: whole vectors of any instruction set.
    int64_t width() const { return round_up(columns); }
  };

  void add(int64_t depth, int64_t first, int64_t columns, int64_t rows) {
    Part part{depth, first, columns, rows, size_, 0};
    size_ += round_up(cpu::gemm_packed_bytes<T>(depth, columns) / sizeof(T));
    part.within = size_;
    size_ += static_cast<size_t>(rows * part.width());
    parts_.push_back(part);
  }

  const Part& part(size_t block) const { return parts_[block]; }
  // A vector may be read beyond the last element.
  size_t bytes() const { return size_ * sizeof(T) + kBufferPadding; }

  // The weight's rows are `stride` elements apart; sees(row, column) is asked within blocks.
  template <typename Sees>
  void write(const T* weight, int64_t stride, Sees sees, T* to) const {
    std::fill_n(to, bytes() / sizeof(T), T(0));
    for (const Part& part : parts_) {
      cpu::gemm_pack<T>(part.depth, part.columns, weight + part.first, false, stride,
                        to + part.panels);
      for (int64_t i = 0; i < part.rows; ++i) {
        const T* from = weight + (part.depth + i) * stride + part.first;
        T* row = to + part.within + i * part.width();
        for (int64_t j = 0; j < part.columns; ++j) {
          if (sees(part.depth + i, part.first + j)) row[j] = from[j];
        }
      }
    }
  }

 private:
  template <typename Count>
  static Count round_up(Count count) {
    return (count + 15) / 16 * 16;
  }

  std::vector<Part> parts_;
  size_t size_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_BLOCKED_WEIGHT_H_
