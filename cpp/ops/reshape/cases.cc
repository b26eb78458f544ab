#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> reshape_cases() {
  return {
      {{{{6, 4}}}, {{"shape", std::vector<int64_t>{4, 6}}}},
      {{{{24}}}, {{"shape", std::vector<int64_t>{2, 3, 4}}}},
      {{{{1}}}, {{"shape", std::vector<int64_t>{}}}},
      {{{{}}}, {{"shape", std::vector<int64_t>{1, 1}}}},
      {{{{0, 3}}}, {{"shape", std::vector<int64_t>{3, 0, 2}}}},
      {{{{7, 1, 9}}}, {{"shape", std::vector<int64_t>{63}}}},
  };
}

}  // namespace castalia
