// Reductions of the rows of every segment on a device: a Method of reduction_cuda.h makes one of
// the elements that stand below each other.
#ifndef CASTALIA_CPP_OPS_SEGMENT_REDUCTION_CUDA_H_
#define CASTALIA_CPP_OPS_SEGMENT_REDUCTION_CUDA_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "cpp/ops/column_reduction_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// Of x (count, width) the rows whose number is o.
template <typename Method, typename Index>
struct SegmentColumns {
  using T = typename Method::Element;
  using State = typename Method::State;

  int64_t width;

  CASTALIA_ANYWHERE State begin(const Operands&, int64_t, int64_t) const {
    return Method::identity();
  }
  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t o, int64_t row,
                              int64_t c) const {
    if (operands.in<Index>(1)[row] != o) return;
    Method::take(state, operands.in<T>(0)[row * width + c], row);
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) {
    return Method::merge(a, b);
  }
  CASTALIA_ANYWHERE void end(const Operands& operands, const State& state, int64_t o,
                             int64_t c) const {
    operands.out<typename Method::Result>(0)[o * width + c] = Method::result(state);
  }
};

// The smallest and the largest number among kRows rows: of block i, the i-th.
template <typename Index>
struct SegmentRanges {
  static constexpr int64_t kRows = 64;
  struct Range {
    Index low;
    Index high;
  };

  int64_t count;
  size_t ranges;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    const Index* const ids = operands.in<Index>(1) + block.index * kRows;
    const int64_t left = count - block.index * kRows;
    Range range{ids[0], ids[0]};
    block.each(left < kRows ? left : kRows, [&](int64_t i) {
      range = merge(range, {ids[i], ids[i]});
    });
    range = block.reduce(range, [](const Range& a, const Range& b) { return merge(a, b); });
    if (block.thread() == 0) operands.memory<Range>(ranges)[block.index] = range;
  }

 private:
  CASTALIA_ANYWHERE static Range merge(const Range& a, const Range& b) {
    return {b.low < a.low ? b.low : a.low, b.high > a.high ? b.high : a.high};
  }
};

// As SegmentColumns, by kRows rows at a time, which are passed over where none can belong to the
// segment: of sorted numbers, as graphs in a batch have them, nearly all.
template <typename Method, typename Index>
struct SegmentColumnsByRange : SegmentColumns<Method, Index> {
  using Ranges = SegmentRanges<Index>;
  using State = typename Method::State;

  Ranges of;

  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t o, int64_t part,
                              int64_t c) const {
    const auto range = operands.memory<typename Ranges::Range>(of.ranges)[part];
    if (o < range.low || o > range.high) return;
    const int64_t first = part * Ranges::kRows;
    const int64_t end = of.count < first + Ranges::kRows ? of.count : first + Ranges::kRows;
    for (int64_t row = first; row < end; ++row) {
      SegmentColumns<Method, Index>::take(operands, state, o, row, c);
    }
  }
};

template <template <typename> class Method>
std::unique_ptr<Kernel> make_segment_reduction(const std::string& name,
                                               const KernelRequest& request) {
  constexpr int64_t kManySegments = 128;
  constexpr int64_t kManyRows = 4096;
  const Shape& out = request.outputs[0].shape;
  const int64_t count = request.inputs[1].shape.count();
  const int64_t segments = out[0];
  const int64_t width = out.count(1, out.rank());
  // Every segment looks at all numbers, and the pieces of many segments would take much memory.
  const int64_t pieces = std::max<int64_t>(1, ColumnPlan::kBlocks / std::max<int64_t>(1, segments));
  auto kernel = kernel_for(name, request);
  kernel->set_flops(static_cast<double>(count) * static_cast<double>(width));
  with_floating(request.inputs[0].dtype, [&]<typename T>() {
    const auto add = [&]<typename Index>() {
      const SegmentColumns<Method<T>, Index> columns{width};
      if (segments < kManySegments || count < kManyRows) {
        return add_column_reduction(*kernel, segments, count, width, columns, pieces);
      }
      using Ranges = SegmentRanges<Index>;
      const int64_t parts = (count + Ranges::kRows - 1) / Ranges::kRows;
      const size_t bytes = static_cast<size_t>(parts) * sizeof(typename Ranges::Range);
      const Ranges ranges{count, kernel->reserve(bytes)};
      kernel->blocks<32>(parts, 0, ranges);
      add_column_reduction(*kernel, segments, parts, width,
                           SegmentColumnsByRange<Method<T>, Index>{columns, ranges}, pieces);
    };
    if (request.inputs[1].dtype == DType::int32) {
      add.template operator()<int32_t>();
    } else {
      add.template operator()<int64_t>();
    }
  });
  return kernel;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_SEGMENT_REDUCTION_CUDA_H_
