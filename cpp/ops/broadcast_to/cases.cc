#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> broadcast_to_cases() {
  return {
      {{{{}}}, {{"shape", std::vector<int64_t>{3, 5}}}},
      {{{{5}}}, {{"shape", std::vector<int64_t>{4, 5}}}},
      {{{{4, 1}}}, {{"shape", std::vector<int64_t>{4, 5}}}},
      {{{{1, 5}}}, {{"shape", std::vector<int64_t>{4, 5}}}},
      {{{{3, 1, 5}}}, {{"shape", std::vector<int64_t>{2, 3, 7, 5}}}},
      {{{{1}}}, {{"shape", std::vector<int64_t>{0, 4}}}},
      {{{{0, 1}}}, {{"shape", std::vector<int64_t>{0, 4}}}},
      {{{{33, 1}}}, {{"shape", std::vector<int64_t>{33, 129}}}},
      {{{{4, 5}}}, {{"shape", std::vector<int64_t>{4, 5}}}},
  };
}

}  // namespace castalia
