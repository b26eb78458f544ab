#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> monotone_cubic_root_cases() {
  const Domain share{.low = 0.02, .high = 0.98};
  const Domain derivative{.low = 0.1, .high = 2.0};
  std::vector<Case> cases;
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{7, 3}, Shape{0, 3}, Shape{40, 19}}) {
    cases.push_back({{{shape, share}, {shape, derivative}, {shape, derivative}}});
  }
  // Flat and steep ends, which have no finite gradient, and both ends of the interval.
  const Domain given{.integral = true};
  cases.push_back({{{.shape = {6}, .domain = given, .values = {0, 1, 0.5, 0.01, 0.3, 0.9}},
                    {.shape = {6}, .domain = given, .values = {0.5, 1, 3, 0, 3, 0}},
                    {.shape = {6}, .domain = given, .values = {2, 1, 0, 2, 2, 0.5}}}});
  return cases;
}

}  // namespace castalia
