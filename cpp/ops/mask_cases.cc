#include "cpp/ops/mask_cases.h"

#include <cmath>
#include <limits>

namespace castalia {

std::vector<Case> masked_pooling_cases() {
  const Domain flag{.low = 0, .high = 1, .integral = true};
  std::vector<Case> cases;
  for (const Shape& x : {Shape{1, 1}, Shape{5, 3}, Shape{4, 7, 3}, Shape{2, 3, 5, 2},
                         Shape{9, 30, 33}, Shape{0, 4, 3}, Shape{3, 0, 2}, Shape{3, 4, 0}}) {
    Shape particles = x;
    particles.erase(particles.rank() - 1);
    cases.push_back({{{x}, {particles, flag}}});
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // Nothing real, and what does not matter is NaN.
  cases.push_back({.operands = {{.shape = {2, 2, 1}, .values = {nan, 3, nan, nan}},
                                {.shape = {2, 2}, .values = {0, 1, 0, 0}}},
                   .kink = "an element is NaN"});
  return cases;
}

}  // namespace castalia
