// Sorting on a device: lines of entries, each line for itself. Entries are unsigned numbers or have
// operator<; no two of a line are equal, so that the order does not depend on the algorithm.
#ifndef CASTALIA_CPP_OPS_SORT_CUDA_H_
#define CASTALIA_CPP_OPS_SORT_CUDA_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// Stretches of a line, sorted in shared memory by a bitonic network (Batcher, AFIPS 32 (1968) 307).
// Line: see add_sort(). Sink: operator()(operands, line, place in the line, entry).
template <typename Line, typename Sink>
struct SortStretch {
  using Entry = typename Line::Entry;

  Line line;
  Sink sink;
  int64_t length;     // of a line
  int64_t stretches;  // of a line
  int size;           // of a stretch; a power of two

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    auto* entries = reinterpret_cast<Entry*>(block.shared);
    const int64_t number = block.index / stretches;
    const int64_t start = block.index % stretches * size;
    for (int i = block.thread(); i < size; i += block.threads()) {
      const int64_t place = start + i;
      entries[i] = place < length ? line.entry(operands, number, place) : Line::last(place);
    }
    block.sync();
    for (int ordered = 2; ordered <= size; ordered *= 2) {
      for (int distance = ordered / 2; distance > 0; distance /= 2) {
        for (int i = block.thread(); i < size / 2; i += block.threads()) {
          const int low = i % distance;
          const int a = 2 * (i - low) + low;
          const int b = a + distance;
          const Entry first = entries[a];
          const Entry second = entries[b];
          if ((second < first) == ((a & ordered) == 0)) {
            entries[a] = second;
            entries[b] = first;
          }
        }
        block.sync();
      }
    }
    for (int i = block.thread(); i < size && start + i < length; i += block.threads()) {
      sink(operands, number, start + i, entries[i]);
    }
  }
};

template <typename Entry>
struct StoreEntry {
  size_t offset;
  int64_t length;
  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t line, int64_t place,
                                    const Entry& entry) const {
    operands.memory<Entry>(offset)[line * length + place] = entry;
  }
};

// Pairs of sorted stretches become one each: an entry's place is its own in its stretch and the
// number of those in the other that come before it.
template <typename Entry, typename Sink>
struct MergeStretches {
  Sink sink;
  size_t offset;
  int64_t length;
  int64_t size;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const {
    const int64_t number = index / length;
    const int64_t place = index % length;
    const Entry* entries = operands.memory<Entry>(offset) + number * length;
    const Entry entry = entries[place];
    const int64_t start = place / size * size;
    const bool first_of_pair = place / size % 2 == 0;
    const int64_t other = first_of_pair ? start + size : start - size;
    int64_t left = other >= length ? 0 : (length - other < size ? length - other : size);
    int64_t before = 0;
    while (left > 0) {
      const int64_t half = left / 2;
      if (entries[other + before + half] < entry) {
        before += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    sink(operands, number, (first_of_pair ? place : place - size) + before, entry);
  }
};

// Hands the entries of `lines` lines of `length` entries to the sink with their places in order.
// Line: using Entry; Entry entry(operands, line, place) const; static Entry last(place), which
// comes after every entry of smaller places.
template <typename Line, typename Sink>
void add_sort(ParallelKernel& kernel, int64_t lines, int64_t length, Line line, Sink sink) {
  using Entry = typename Line::Entry;
  constexpr int kLongestStretch = 2048;
  if (lines == 0 || length == 0) return;
  int size = 2;
  while (size < length && size < kLongestStretch) size *= 2;
  const int64_t stretches = (length + size - 1) / size;
  const auto sort_stretches = [&]<typename To>(To to) {
    const SortStretch<Line, To> body{line, to, length, stretches, size};
    const size_t bytes = static_cast<size_t>(size) * sizeof(Entry);
    if (size <= 256) {
      kernel.blocks<32>(lines * stretches, bytes, body);
    } else if (size <= 512) {
      kernel.blocks<256>(lines * stretches, bytes, body);
    } else {
      kernel.blocks<1024>(lines * stretches, bytes, body);
    }
  };
  if (stretches == 1) {
    sort_stretches(sink);
    return;
  }
  const size_t bytes = static_cast<size_t>(lines * length) * sizeof(Entry);
  size_t from = kernel.reserve(bytes);
  sort_stretches(StoreEntry<Entry>{from, length});
  if (2 * size >= length) {
    kernel.each(lines * length, MergeStretches<Entry, Sink>{sink, from, length, size});
    return;
  }
  size_t to = kernel.reserve(bytes);
  int64_t merged = size;
  for (; 2 * merged < length; merged *= 2) {
    using Store = StoreEntry<Entry>;
    kernel.each(lines * length, MergeStretches<Entry, Store>{{to, length}, from, length, merged});
    std::swap(from, to);
  }
  kernel.each(lines * length, MergeStretches<Entry, Sink>{sink, from, length, merged});
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_SORT_CUDA_H_
