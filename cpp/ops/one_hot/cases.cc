#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> one_hot_cases() {
  // Some indices are out of range.
  return {
      {{{{}, {.low = -1.0, .high = 3.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{3}}, {"dtype", static_cast<int64_t>(DType::float32)}}},
      {{{{}, {.low = -1.0, .high = 3.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{3}}, {"dtype", static_cast<int64_t>(DType::float64)}}},
      {{{{7}, {.low = -1.0, .high = 5.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{5}}, {"dtype", static_cast<int64_t>(DType::float32)}}},
      {{{{7}, {.low = -1.0, .high = 5.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{5}}, {"dtype", static_cast<int64_t>(DType::float64)}}},
      {{{{4, 3}, {.low = -1.0, .high = 2.0, .integral = true}, DType::int32}},
       {{"classes", int64_t{2}}, {"dtype", static_cast<int64_t>(DType::float32)}}},
      {{{{4, 3}, {.low = -1.0, .high = 2.0, .integral = true}, DType::int32}},
       {{"classes", int64_t{2}}, {"dtype", static_cast<int64_t>(DType::float64)}}},
      {{{{0}, {.low = -1.0, .high = 4.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{4}}, {"dtype", static_cast<int64_t>(DType::float32)}}},
      {{{{0}, {.low = -1.0, .high = 4.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{4}}, {"dtype", static_cast<int64_t>(DType::float64)}}},
      {{{{5}, {.low = -1.0, .high = 0.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{0}}, {"dtype", static_cast<int64_t>(DType::float32)}}},
      {{{{5}, {.low = -1.0, .high = 0.0, .integral = true}, DType::int64}},
       {{"classes", int64_t{0}}, {"dtype", static_cast<int64_t>(DType::float64)}}},
      {{{{130}, {.low = -1.0, .high = 17.0, .integral = true}, DType::int32}},
       {{"classes", int64_t{17}}, {"dtype", static_cast<int64_t>(DType::float32)}}},
      {{{{130}, {.low = -1.0, .high = 17.0, .integral = true}, DType::int32}},
       {{"classes", int64_t{17}}, {"dtype", static_cast<int64_t>(DType::float64)}}},
  };
}

}  // namespace castalia
