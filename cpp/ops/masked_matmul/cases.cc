#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> masked_matmul_cases() {
  const auto reach = [](std::vector<int64_t> each) {
    return Attributes{{"reach", std::move(each)}};
  };
  // As many units as a chunk of columns and more, sorted and not; several outputs a group.
  std::vector<int64_t> rising(150), mixed(70);
  for (int64_t j = 0; j < 150; ++j) rising[static_cast<size_t>(j)] = j / 5;
  for (int64_t j = 0; j < 70; ++j) mixed[static_cast<size_t>(j)] = j * 7 % 20;
  return {
      {{{{1, 1}}, {{1, 1}}}, reach({1})},       {{{{3, 2}}, {{2, 4}}}, reach({0, 1})},
      {{{{7, 5}}, {{5, 9}}}, reach({0, 2, 5})}, {{{{2, 33}}, {{33, 150}}}, reach(rising)},
      {{{{5, 20}}, {{20, 140}}}, reach(mixed)}, {{{{0, 3}}, {{3, 2}}}, reach({1, 3})},
      {{{{4, 3}}, {{3, 2}}}, reach({0})},
  };
}

}  // namespace castalia
