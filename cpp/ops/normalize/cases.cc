#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> normalize_cases() {
  std::vector<Case> cases;
  const Domain x{.low = -1.5, .high = 2.5};
  const Domain scale{.low = 0.5, .high = 1.5};
  for (const int64_t centred : {1, 0}) {
    const Attributes attributes{{"epsilon", 1e-3}, {"centred", centred}};
    for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{3, 1, 1, 5}, Shape{9, 1, 2, 67},
                               Shape{2, 7, 3, 4}, Shape{3, 40, 5, 1}, Shape{2, 9, 2, 24},
                               Shape{0, 2, 1, 3}, Shape{2, 0, 1, 3}, Shape{300, 2, 3, 11}}) {
      const Shape affine{shape[2], shape[3]};
      cases.push_back({{{shape, x}, {affine, scale}, {affine}}, attributes});
    }
    cases.push_back({{{{4, 1, 1, 6}, x}}, attributes});
    cases.push_back({{{{4, 3, 2, 3}, x}, {{2, 3}, scale}}, attributes});
  }
  return cases;
}

}  // namespace castalia
