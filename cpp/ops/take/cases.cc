#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> take_cases() {
  return {
      {{{{6}}}, {{"axis", int64_t{0}}, {"indices", std::vector<int64_t>{5, 0, 3}}}},
      {{{{4, 5}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{4, 3, 2, 1, 0}}}},
      {{{{4, 5}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{1, 1, 4}}}},
      {{{{3, 2, 7}}},
       {{"axis", int64_t{2}}, {"indices", std::vector<int64_t>{0, 6, 6, 2, 3, 0, 1, 5}}}},
      {{{{4, 5}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{}}}},
      {{{{0, 5}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{2, 1}}}},
      {{{{130, 9}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{8, 0, 4}}}},
      {{{{6, 5}}}, {{"axis", int64_t{0}}, {"indices", std::vector<int64_t>{4, 5, 0, 1, 1}}}},
      {{{{3, 4, 5}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{2, 3, 0}}}},
      {{{{3, 4, 0}}}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{2, 0}}}},
  };
}

}  // namespace castalia
