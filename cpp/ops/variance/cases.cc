#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> variance_cases() {
  std::vector<Case> cases;
  for (const int64_t correction : {0, 1}) {
    const Domain x{.low = -2.0, .high = 2.0};
    cases.push_back(
        {{{{7}, x}},
         {{"axes", std::vector<int64_t>{0}}, {"keep", int64_t{0}}, {"correction", correction}}});
    cases.push_back(
        {{{{4, 9}, x}},
         {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"correction", correction}}});
    cases.push_back(
        {{{{4, 9}, x}},
         {{"axes", std::vector<int64_t>{0}}, {"keep", int64_t{0}}, {"correction", correction}}});
    cases.push_back(
        {{{{3, 4, 5}, x}},
         {{"axes", std::vector<int64_t>{0, 2}}, {"keep", int64_t{1}}, {"correction", correction}}});
    cases.push_back(
        {{{{3, 4, 5}, x}},
         {{"axes", std::vector<int64_t>{1, 2}}, {"keep", int64_t{0}}, {"correction", correction}}});
    cases.push_back(
        {{{{0, 4}, x}},
         {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"correction", correction}}});
    cases.push_back(
        {{{{130, 67}, x}},
         {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"correction", correction}}});
  }
  return cases;
}

}  // namespace castalia
