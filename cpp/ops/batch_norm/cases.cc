#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> batch_norm_cases() {
  std::vector<Case> cases;
  for (const Shape& shape : {Shape{1, 1}, Shape{7, 5}, Shape{6, 3, 2, 4}, Shape{3, 2, 2, 3, 1},
                             Shape{300, 64}, Shape{700, 5, 2}, Shape{0, 3, 4}}) {
    cases.push_back({{{shape, {.low = -1.0, .high = 3.0}},
                      {{shape.back()}, {.low = 0.5, .high = 1.5}},
                      {{shape.back()}}},
                     {{"epsilon", 1e-3}}});
  }
  return cases;
}

}  // namespace castalia
