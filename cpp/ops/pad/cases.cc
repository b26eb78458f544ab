#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> pad_cases() {
  return {
      {{{{7}}}, {{"axis", int64_t{0}}, {"before", int64_t{2}}, {"after", int64_t{1}}}},
      {{{{4, 5}}}, {{"axis", int64_t{1}}, {"before", int64_t{0}}, {"after", int64_t{3}}}},
      {{{{4, 5}}}, {{"axis", int64_t{0}}, {"before", int64_t{2}}, {"after", int64_t{0}}}},
      {{{{3, 0}}}, {{"axis", int64_t{1}}, {"before", int64_t{2}}, {"after", int64_t{2}}}},
      {{{{0, 3}}}, {{"axis", int64_t{1}}, {"before", int64_t{1}}, {"after", int64_t{2}}}},
      {{{{2, 3, 4}}}, {{"axis", int64_t{1}}, {"before", int64_t{1}}, {"after", int64_t{2}}}},
      {{{{130, 33}}}, {{"axis", int64_t{1}}, {"before", int64_t{7}}, {"after", int64_t{9}}}},
  };
}

}  // namespace castalia
