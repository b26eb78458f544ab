// The inverse of a list of indices.
#ifndef CASTALIA_CPP_OPS_SCATTER_SOURCES_H_
#define CASTALIA_CPP_OPS_SCATTER_SOURCES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace castalia {

// Which places of an input go into each of a result: place c sums sources[begin[c]], ...,
// sources[begin[c + 1] - 1].
struct ScatterSources {
  std::vector<int64_t> begin;
  std::vector<int64_t> sources;

  // Indices in [0, extent).
  ScatterSources(const std::vector<int64_t>& indices, int64_t extent) : sources(indices.size()) {
    begin.assign(static_cast<size_t>(extent) + 1, 0);
    for (const int64_t index : indices) ++begin[static_cast<size_t>(index) + 1];
    for (size_t c = 1; c < begin.size(); ++c) begin[c] += begin[c - 1];
    std::vector<int64_t> next = begin;
    for (size_t j = 0; j < indices.size(); ++j) {
      const int64_t at = next[static_cast<size_t>(indices[j])]++;
      sources[static_cast<size_t>(at)] = static_cast<int64_t>(j);
    }
  }
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SCATTER_SOURCES_H_
