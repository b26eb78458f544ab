#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> scatter_add_cases() {
  return {
      {{{{3}}}, {{"indices", std::vector<int64_t>{5, 0, 3}}, {"columns", int64_t{6}}}},
      {{{{4, 5}}}, {{"indices", std::vector<int64_t>{4, 3, 2, 1, 0}}, {"columns", int64_t{5}}}},
      {{{{4, 3}}}, {{"indices", std::vector<int64_t>{1, 1, 4}}, {"columns", int64_t{5}}}},
      {{{{3, 2, 8}}},
       {{"indices", std::vector<int64_t>{0, 6, 6, 2, 3, 0, 1, 5}}, {"columns", int64_t{7}}}},
      {{{{4, 0}}}, {{"indices", std::vector<int64_t>{}}, {"columns", int64_t{3}}}},
      {{{{0, 2}}}, {{"indices", std::vector<int64_t>{2, 1}}, {"columns", int64_t{5}}}},
      {{{{130, 3}}}, {{"indices", std::vector<int64_t>{8, 0, 4}}, {"columns", int64_t{9}}}},
  };
}

}  // namespace castalia
