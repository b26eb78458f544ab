#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> centred_sums_cases() {
  std::vector<Case> cases;
  for (const Shape& shape : {Shape{1, 1}, Shape{7, 5}, Shape{5500, 3}, Shape{300, 64},
                             Shape{70, 300}, Shape{0, 4}, Shape{3, 0}}) {
    cases.push_back(
        {{{shape, {.low = 0.5, .high = 1.5}}, {shape, {.low = 1.0, .high = 3.0}}, {{shape[1]}}}});
  }
  return cases;
}

}  // namespace castalia
