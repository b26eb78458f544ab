#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> scatter_add_cases() {
  return {
      {{{{3}}},
       {{"axis", int64_t{0}}, {"indices", std::vector<int64_t>{5, 0, 3}}, {"extent", int64_t{6}}}},
      {{{{4, 5}}},
       {{"axis", int64_t{1}},
        {"indices", std::vector<int64_t>{4, 3, 2, 1, 0}},
        {"extent", int64_t{5}}}},
      {{{{4, 3}}},
       {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{1, 1, 4}}, {"extent", int64_t{5}}}},
      {{{{3, 2, 8}}},
       {{"axis", int64_t{2}},
        {"indices", std::vector<int64_t>{0, 6, 6, 2, 3, 0, 1, 5}},
        {"extent", int64_t{7}}}},
      {{{{4, 0}}},
       {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{}}, {"extent", int64_t{3}}}},
      {{{{0, 2}}},
       {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{2, 1}}, {"extent", int64_t{5}}}},
      {{{{130, 3}}},
       {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{8, 0, 4}}, {"extent", int64_t{9}}}},
      {{{{3, 5}}},
       {{"axis", int64_t{0}}, {"indices", std::vector<int64_t>{2, 0, 2}}, {"extent", int64_t{4}}}},
      {{{{3, 4, 5}}},
       {{"axis", int64_t{1}},
        {"indices", std::vector<int64_t>{2, 0, 0, 6}},
        {"extent", int64_t{7}}}},
  };
}

}  // namespace castalia
