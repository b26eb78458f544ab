// A matrix of weights of which an output uses only the first few inputs, in the pieces in which
// products read it.
#ifndef CASTALIA_CPP_OPS_MASKED_MATRIX_H_
#define CASTALIA_CPP_OPS_MASKED_MATRIX_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "cpp/base/text.h"

namespace castalia {

class MaskedMatrix {
 public:
  // Some of the outputs, and the number of inputs that one of them at least sees.
  struct Chunk {
    int64_t begin, end, depth;
    int64_t columns() const { return end - begin; }
  };

  // Output j sees reach[j * reach.size() / outputs] inputs.
  MaskedMatrix(int64_t inputs, int64_t outputs, const std::vector<int64_t>& reach)
      : inputs_(inputs), outputs_(outputs) {
    const auto groups = static_cast<int64_t>(reach.size());
    for (int64_t j = 0; j < outputs; ++j) {
      reach_.push_back(static_cast<int32_t>(reach[static_cast<size_t>(j * groups / outputs)]));
    }
    for (int64_t begin = 0; begin < outputs; begin += kChunk) {
      const int64_t end = std::min(outputs, begin + kChunk);
      Chunk chunk{begin, end, 0};
      for (int64_t j = begin; j < end; ++j) {
        chunk.depth = std::max(chunk.depth, this->reach(j));
        elements_ += static_cast<double>(this->reach(j));
      }
      largest_chunk_ = std::max(largest_chunk_, chunk.depth * chunk.columns());
      chunks_.push_back(chunk);
    }
  }

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return outputs_; }
  int64_t reach(int64_t output) const { return reach_[static_cast<size_t>(output)]; }
  const std::vector<Chunk>& chunks() const { return chunks_; }
  int64_t largest_chunk() const { return largest_chunk_; }  // elements
  double elements() const { return elements_; }             // that have an effect

  // The first output that sees the input; all outputs' number where none does.
  int64_t first_output_of(int64_t input) const {
    for (int64_t j = 0; j < outputs_; ++j) {
      if (reach(j) > input) return j;
    }
    return outputs_;
  }

  // The chunk, (depth, columns), with zeros where an output does not see the input.
  template <typename T>
  void copy(const Chunk& chunk, const T* w, T* to) const {
    for (int64_t i = 0; i < chunk.depth; ++i) {
      std::copy_n(w + i * outputs_ + chunk.begin, chunk.columns(), to + i * chunk.columns());
    }
    clear(chunk, to, chunk.columns(), chunk.depth);
  }

  // Inputs [begin, end) of the outputs from `first` on: (end - begin, outputs - first).
  template <typename T>
  void copy_rows(int64_t begin, int64_t end, int64_t first, const T* w, T* to) const {
    const int64_t width = outputs_ - first;
    for (int64_t i = begin; i < end; ++i, to += width) {
      std::copy_n(w + i * outputs_ + first, width, to);
      clear_row(first, width, i, to);
    }
  }

  // Zeros in the first rows, `stride` apart, where the chunk's outputs do not see the input.
  template <typename T>
  void clear(const Chunk& chunk, T* elements, int64_t stride, int64_t rows) const {
    for (int64_t i = 0; i < rows; ++i) {
      clear_row(chunk.begin, chunk.columns(), i, elements + i * stride);
    }
  }

  // What tells it from others of its shape.
  std::string text() const {
    std::string out = castalia::text(inputs_, " x ", outputs_, ":");
    for (const int32_t each : reach_) out += castalia::text(' ', each);
    return out;
  }

 private:
  // Few enough that the depths of neighbours are close, enough for a product.
  static constexpr int64_t kChunk = 64;

  template <typename T>
  void clear_row(int64_t first, int64_t count, int64_t input, T* row) const {
    const int32_t* reach = reach_.data() + first;
    const auto limit = static_cast<int32_t>(input);
    for (int64_t j = 0; j < count; ++j) row[j] = reach[j] > limit ? row[j] : T(0);
  }

  int64_t inputs_, outputs_;
  std::vector<int32_t> reach_;  // of each output
  std::vector<Chunk> chunks_;
  int64_t largest_chunk_ = 0;
  double elements_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MASKED_MATRIX_H_
