#include "cpp/ops/spline_cases.h"

#include "cpp/ops/rq_spline/op.h"

namespace castalia {
namespace {

Case spline_case(int64_t rows, int64_t features, const RqSplineOptions& options, Domain argument,
                 double largest_logit) {
  return {.operands = {{.shape = {rows, features}, .domain = std::move(argument)},
                       {.shape = {rows, features * options.parameters()},
                        .domain = {.low = -largest_logit, .high = largest_logit}}},
          .attributes = options.attributes()};
}

}  // namespace

std::vector<Case> spline_cases() {
  const RqSplineOptions tails;
  const RqSplineOptions bounded{.bins = 5, .lower = -1, .upper = 1, .tails = "none"};
  const RqSplineOptions few{.bins = 2, .lower = 0, .upper = 3};
  return {
      spline_case(1, 1, tails, {.low = -4.5, .high = 4.5}, 1.0),
      spline_case(7, 3, tails, {.low = -4.9, .high = 4.9}, 1.0),
      // Inside and on both tails.
      spline_case(33, 6, tails, {.low = -8, .high = 8, .kinks = {-5, 5}}, 2.0),
      spline_case(16, 2, bounded, {.low = -0.99, .high = 0.99}, 1.0),
      spline_case(9, 4, few, {.low = -1, .high = 4, .kinks = {0, 3}}, 1.0),
      spline_case(0, 3, tails, {}, 1.0),
  };
}

}  // namespace castalia
