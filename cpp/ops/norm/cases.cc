#include "cpp/ops/cases.h"

#include <limits>

namespace castalia {

std::vector<Case> norm_cases() {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<Case> cases;
  for (const double order : {1.0, 2.0, 3.5, infinity}) {
    const Domain x{.low = -2.0, .high = 2.0, .kinks = {0.0}};
    cases.push_back(
        {{{{7}, x}}, {{"axes", std::vector<int64_t>{0}}, {"keep", int64_t{0}}, {"order", order}}});
    cases.push_back({{{{4, 9}, x}},
                     {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"order", order}}});
    cases.push_back({{{{4, 9}, x}},
                     {{"axes", std::vector<int64_t>{0}}, {"keep", int64_t{0}}, {"order", order}}});
    cases.push_back(
        {{{{3, 4, 5}, x}},
         {{"axes", std::vector<int64_t>{0, 2}}, {"keep", int64_t{1}}, {"order", order}}});
    cases.push_back(
        {{{{3, 4, 5}, x}},
         {{"axes", std::vector<int64_t>{1, 2}}, {"keep", int64_t{0}}, {"order", order}}});
    cases.push_back({{{{0, 4}, x}},
                     {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"order", order}}});
    cases.push_back({{{{5, 1}, x}},
                     {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{0}}, {"order", order}}});
    cases.push_back({{{{130, 67}, x}},
                     {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"order", order}}});
    cases.push_back({{{{2, 3}, {}, {}, {0.0, 0.0, 0.0, 3.0, 0.0, -4.0}}},
                     {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"order", order}},
                     "a norm has a kink at 0"});
  }
  return cases;
}

}  // namespace castalia
