#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> pairwise_distances_cases() {
  std::vector<Case> cases;
  for (const int64_t squared : {0, 1}) {
    const Attributes attributes{{"squared", squared}};
    cases.push_back({{{{1, 1}}, {{1, 1}, {.low = 2, .high = 3}}}, attributes});
    cases.push_back({{{{5, 3}}, {{4, 3}}}, attributes});
    cases.push_back({{{{3, 7, 2}}, {{3, 6, 2}}}, attributes});
    cases.push_back({{{{2, 2, 9, 17}}, {{2, 2, 5, 17}}}, attributes});
    cases.push_back({{{{0, 3, 2}}, {{0, 4, 2}}}, attributes});
    cases.push_back({{{{2, 3, 2}}, {{2, 0, 2}}}, attributes});
  }
  // Equal points.
  cases.push_back({.operands = {{.shape = {2, 2}, .values = {1, 2, 3, 4}},
                                {.shape = {2, 2}, .values = {3, 4, 1, 2}}},
                   .attributes = {{"squared", int64_t{0}}},
                   .kink = "the distance of equal points has a kink"});
  return cases;
}

}  // namespace castalia
