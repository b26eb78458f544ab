#include "cpp/ops/spline_cases.h"

#include <utility>

namespace castalia {

std::vector<Case> spline_cases(int64_t (*parameters)(const SplineOptions&), double largest_logit) {
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
  return {
      spline_case(1, 1, tails, {.low = -4.5, .high = 4.5}, 1.0),
      spline_case(7, 3, tails, {.low = -4.9, .high = 4.9}, 1.0),
      // Inside and on both tails.
      spline_case(33, 6, tails, {.low = -8, .high = 8, .kinks = {-5, 5}}, largest_logit),
      spline_case(16, 2, bounded, {.low = -0.99, .high = 0.99}, 1.0),
      spline_case(9, 4, few, {.low = -1, .high = 4, .kinks = {0, 3}}, 1.0),
      spline_case(0, 3, tails, {}, 1.0),
  };
}

}  // namespace castalia
