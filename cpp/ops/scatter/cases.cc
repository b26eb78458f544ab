#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> scatter_cases() {
  return {
      {{{{6}}, {{6}, {.low = 0.0, .high = 5.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{0}}, {"extent", int64_t{6}}}},
      {{{{4, 5}}, {{4, 5}, {.low = 0.0, .high = 6.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{7}}}},
      {{{{4, 5}}, {{4, 5}, {.low = 0.0, .high = 2.0, .integral = true}, DType::int32}},
       {{"axis", int64_t{1}}, {"extent", int64_t{4}}}},
      {{{{4, 5}}, {{4, 5}, {.low = 0.0, .high = 2.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{0}}, {"extent", int64_t{3}}}},
      {{{{3, 4, 5}}, {{3, 4, 5}, {.low = 0.0, .high = 5.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{6}}}},
      {{{{0, 5}}, {{0, 5}, {.low = 0.0, .high = 4.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{5}}}},
      {{{{4, 0}}, {{4, 0}, {.low = 0.0, .high = 0.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{3}}}},
      {{{{4, 5}}, {{4, 5}, {.low = 0.0, .high = 0.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{0}}}},
      {{{{130, 33}}, {{130, 33}, {.low = 0.0, .high = 8.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{9}}}},
      {{{{2, 300}}, {{2, 300}, {.low = 0.0, .high = 12.0, .integral = true}, DType::int64}},
       {{"axis", int64_t{1}}, {"extent", int64_t{9}}}},
      {{{{2, 2}}, {{2, 2}, {}, DType::int64, {2.0, -1.0, 3.0, 0.0}}},
       {{"axis", int64_t{1}}, {"extent", int64_t{3}}}},
  };
}

}  // namespace castalia
