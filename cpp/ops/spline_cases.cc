#include "cpp/ops/spline_cases.h"

#include <utility>

namespace castalia {

std::vector<Case> spline_cases(int64_t (*parameters)(const SplineOptions&), double largest_logit,
                               bool circular) {
  const auto spline_case = [&](int64_t rows, int64_t features, const SplineOptions& options,
                               Domain argument, double largest) {
    return Case{.operands = {{.shape = {rows, features}, .domain = std::move(argument)},
                             {.shape = {rows, features * parameters(options)},
                              .domain = {.low = -largest, .high = largest}}},
                .attributes = options.attributes()};
  };
  const SplineOptions tails;
  const SplineOptions bounded{.bins = 5, .lower = -1, .upper = 1, .tails = "none"};
  const SplineOptions few{.bins = 2, .lower = 0, .upper = 3};
  std::vector<Case> cases = {
      spline_case(1, 1, tails, {.low = -4.5, .high = 4.5}, 1.0),
      spline_case(7, 3, tails, {.low = -4.9, .high = 4.9}, 1.0),
      // Inside and on both tails.
      spline_case(33, 6, tails, {.low = -8, .high = 8, .kinks = {-5, 5}}, largest_logit),
      spline_case(16, 2, bounded, {.low = -0.99, .high = 0.99}, 1.0),
      spline_case(9, 4, few, {.low = -1, .high = 4, .kinks = {0, 3}}, 1.0),
      spline_case(0, 3, tails, {}, 1.0),
  };
  if (circular) {
    // Within the interval, and a period and more beyond it.
    const SplineOptions around{.bins = 4, .lower = -1, .upper = 2, .tails = "circular"};
    cases.push_back(spline_case(7, 3, around, {.low = -0.9, .high = 1.9}, 1.0));
    cases.push_back(
        spline_case(33, 2, around, {.low = -6, .high = 7, .kinks = {-4, -1, 2, 5}}, 1.0));
  }
  return cases;
}

}  // namespace castalia
