#include "cpp/ops/cases.h"

#include <cmath>

namespace castalia {
namespace {

struct AttentionSizes {
  int64_t rows, n, m, heads, width, value_width;
};

Case attention_case(const AttentionSizes& s, const Shape& mask, const Shape& bias) {
  Case one;
  one.operands = {{.shape = {s.rows, s.n, s.heads * s.width}},
                  {.shape = {s.rows, s.m, s.heads * s.width}},
                  {.shape = {s.rows, s.m, s.heads * s.value_width}}};
  const Domain flag{.low = 0, .high = 1, .integral = true};
  if (mask.rank() > 0) one.operands.push_back({.shape = mask, .domain = flag});
  if (bias.rank() > 0) one.operands.push_back({.shape = bias});
  one.attributes = {{"heads", s.heads},
                    {"scale", 1 / std::sqrt(static_cast<double>(s.width))},
                    {"mask", static_cast<int64_t>(mask.rank() > 0)},
                    {"bias", static_cast<int64_t>(bias.rank() > 0)}};
  return one;
}

}  // namespace

std::vector<Case> attention_cases() {
  const AttentionSizes small{.rows = 2, .n = 3, .m = 5, .heads = 2, .width = 4, .value_width = 3};
  const AttentionSizes hidden{.rows = 2, .n = 2, .m = 3, .heads = 1, .width = 2, .value_width = 2};
  Case blind = attention_case(hidden, {2, 1, 1, 3}, {});
  blind.operands[3].values = {0, 0, 0, 1, 0, 1};
  return {
      attention_case({1, 1, 1, 1, 1, 1}, {}, {}),
      attention_case(small, {}, {}),
      // Padded keys; a causal mask; a bias.
      attention_case(small, {2, 1, 1, 5}, {}),
      attention_case(small, {1, 1, 3, 5}, {}),
      attention_case(small, {}, {2, 2, 3, 5}),
      attention_case(small, {2, 1, 1, 5}, {2, 2, 3, 5}),
      // Rows that see nothing.
      blind,
      attention_case({1, 70, 19, 3, 8, 8}, {}, {}),
      attention_case({3, 9, 35, 1, 17, 2}, {3, 1, 9, 35}, {3, 1, 9, 35}),
      attention_case({0, 3, 5, 2, 4, 3}, {}, {}),
      attention_case({2, 3, 0, 2, 4, 3}, {}, {}),
      attention_case({2, 0, 4, 2, 4, 3}, {}, {}),
  };
}

}  // namespace castalia
