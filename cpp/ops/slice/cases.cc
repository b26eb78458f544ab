#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> slice_cases() {
  return {
      {{{{7}}}, {{"axis", int64_t{0}}, {"first", int64_t{2}}, {"last", int64_t{5}}}},
      {{{{6, 9}}}, {{"axis", int64_t{0}}, {"first", int64_t{1}}, {"last", int64_t{4}}}},
      {{{{6, 9}}}, {{"axis", int64_t{1}}, {"first", int64_t{3}}, {"last", int64_t{8}}}},
      {{{{6, 9}}}, {{"axis", int64_t{1}}, {"first", int64_t{4}}, {"last", int64_t{4}}}},
      {{{{6, 9}}}, {{"axis", int64_t{1}}, {"first", int64_t{0}}, {"last", int64_t{9}}}},
      {{{{0, 9}}}, {{"axis", int64_t{1}}, {"first", int64_t{2}}, {"last", int64_t{4}}}},
      {{{{3, 5, 4}}}, {{"axis", int64_t{1}}, {"first", int64_t{1}}, {"last", int64_t{3}}}},
      {{{{130, 67}}}, {{"axis", int64_t{1}}, {"first", int64_t{1}}, {"last", int64_t{66}}}},
  };
}

}  // namespace castalia
