#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case draw_bernoulli(int64_t seed, int64_t first_event, const Shape& shape) {
  const auto scalar = [](int64_t value) {
    return CaseOperand{{}, {}, DType::int64, {static_cast<double>(value)}};
  };
  return {{scalar(seed), scalar(first_event), {shape, {.low = -0.2, .high = 1.2}}},
          {{"stage", int64_t{3}}}};
}

}  // namespace

std::vector<Case> random_bernoulli_cases() {
  return {
      draw_bernoulli(1, 0, {1, 1}),
      draw_bernoulli(42, 7, {5, 9}),
      draw_bernoulli(42, int64_t{1} << 40, {33, 131}),
      draw_bernoulli(0, 0, {0, 4}),
      draw_bernoulli(0, 0, {4, 0}),
  };
}

}  // namespace castalia
