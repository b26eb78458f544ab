// What the operators over segments share: rows of x that carry the same number belong together.
#ifndef CASTALIA_CPP_OPS_SEGMENTS_H_
#define CASTALIA_CPP_OPS_SEGMENTS_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

// The result (segments, ...) for x (ids' shape..., ...) and ids; an Error that names what does not
// fit.
TensorType infer_segments(std::span<const TensorType> inputs, const Attributes& attributes);

// The rows of the segments [first, last), segment by segment, each in the order of x. `begin` has
// last - first + 1 places, `rows` as many as there are ids.
template <typename Index>
void sort_segments(const Index* ids, int64_t count, int64_t first, int64_t last, int64_t* begin,
                   int64_t* rows) {
  std::fill(begin, begin + (last - first) + 1, int64_t{0});
  const auto inside = [&](int64_t i) { return ids[i] >= first && ids[i] < last; };
  for (int64_t i = 0; i < count; ++i) {
    if (inside(i)) ++begin[ids[i] - first + 1];
  }
  for (int64_t s = 0; s < last - first; ++s) begin[s + 1] += begin[s];
  for (int64_t i = 0; i < count; ++i) {
    if (inside(i)) rows[begin[ids[i] - first]++] = i;
  }
  // Each start now stands at the next one's place.
  for (int64_t s = last - first; s > 0; --s) begin[s] = begin[s - 1];
  begin[0] = 0;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENTS_H_
