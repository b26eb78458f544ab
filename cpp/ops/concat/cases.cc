#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> concat_cases() {
  Case many{{}, {{"axis", int64_t{1}}}};  // more than a kernel on a device takes
  for (int64_t i = 0; i < 100; ++i) many.operands.push_back({{3, 1 + i % 3}});
  const auto along = [](int64_t axis) { return Attributes{{"axis", axis}}; };
  return {
      {{{{3}}, {{4}}}, along(0)},
      {{{{2, 5}}, {{1, 5}}, {{4, 5}}}, along(0)},
      {{{{4, 3}}, {{4, 1}}, {{4, 0}}, {{4, 7}}}, along(1)},
      {{{{0, 3}}, {{0, 2}}}, along(1)},
      {{{{2, 3, 4}}, {{2, 2, 4}}}, along(1)},
      {{{{6, 5}}}, along(1)},
      {{{{130, 33}}, {{130, 66}}}, along(1)},
      many,
  };
}

}  // namespace castalia
