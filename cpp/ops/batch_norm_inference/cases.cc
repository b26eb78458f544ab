#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> batch_norm_inference_cases() {
  std::vector<Case> cases;
  for (const Shape& shape : {Shape{1}, Shape{7, 5}, Shape{6, 3, 2, 4}, Shape{0, 3, 4}}) {
    const Shape channels{shape.back()};
    cases.push_back({{{shape},
                      {channels, {.low = 0.5, .high = 1.5}},
                      {channels},
                      {channels},
                      {channels, {.low = 0.2, .high = 2.0}}},
                     {{"epsilon", 1e-3}}});
  }
  return cases;
}

}  // namespace castalia
