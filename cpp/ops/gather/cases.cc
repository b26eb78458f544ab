#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> gather_cases() {
  return {
      {{{{6}}, {{9}, {.low = 0.0, .high = 5.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{0}}}},
      {{{{4, 5}}, {{4, 5}, {.low = 0.0, .high = 4.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}}},
      {{{{4, 5}}, {{4, 2}, {.low = 0.0, .high = 4.0, .integral = true}, DType::int32}},
       {{"axis", int64_t{1}}}},
      {{{{4, 5}}, {{3, 5}, {.low = 0.0, .high = 3.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{0}}}},
      {{{{3, 4, 5}}, {{3, 6, 5}, {.low = 0.0, .high = 3.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}}},
      {{{{0, 5}}, {{0, 2}, {.low = 0.0, .high = 4.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}}},
      {{{{4, 5}}, {{4, 0}, {.low = 0.0, .high = 4.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}}},
      {{{{130, 9}}, {{130, 33}, {.low = 0.0, .high = 8.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}}},
      {{{{2, 3}}, {{2, 2}, {}, DType::int64, {2.0, -1.0, 3.0, 0.0}}}, {{"axis", int64_t{1}}}},
  };
}

}  // namespace castalia
