// What operators that draw random numbers share. Their first operands are seed and first event,
// int64 of shape []: values of the run, not of the graph. Row i draws for event first_event + i.
#ifndef CASTALIA_CPP_OPS_RANDOM_H_
#define CASTALIA_CPP_OPS_RANDOM_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

Attributes random_attributes(int64_t rows, int64_t features, int64_t stage, DType dtype);

// Checks seed and first event, which stand before `more` other operands, and the attribute "stage".
void expect_random(std::span<const TensorType> inputs, const Attributes& attributes, int more);

// (seed, first event) to (rows, features).
std::vector<TensorType> infer_random(std::span<const TensorType> inputs,
                                     const Attributes& attributes);

// The draws of a row.
inline Stream stream_of_row(const Attributes& attributes, int64_t seed, int64_t first_event,
                            int64_t row) {
  return {.seed = static_cast<uint64_t>(seed),
          .event = static_cast<uint64_t>(first_event) + static_cast<uint64_t>(row),
          .stage = static_cast<uint16_t>(attributes.integer("stage"))};
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_H_
