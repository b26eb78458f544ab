#include "cpp/ops/cases.h"

#include <cmath>

namespace castalia {

namespace {

Case draw_categorical(int64_t seed, int64_t first_event, const Shape& shape,
                      std::vector<double> logits = {}) {
  const auto scalar = [](int64_t value) {
    return CaseOperand{{}, {}, DType::int64, {static_cast<double>(value)}};
  };
  return {{scalar(seed),
           scalar(first_event),
           {shape, {.low = -3.0, .high = 3.0}, {}, std::move(logits)}},
          {{"stage", int64_t{3}}}};
}

}  // namespace

std::vector<Case> random_categorical_cases() {
  return {
      draw_categorical(1, 0, {1, 1}),
      draw_categorical(42, 7, {5, 9}),
      draw_categorical(42, int64_t{1} << 40, {33, 3, 13}),
      draw_categorical(0, 0, {0, 4}),
      draw_categorical(0, 0, {4, 0}),
      draw_categorical(0, 0, {4, 0, 3}),
      // Far apart, some impossible, and nothing to draw.
      draw_categorical(3, 5, {4, 3},
                       {800.0, -800.0, 799.0, -INFINITY, -5.0, -INFINITY, -INFINITY, -INFINITY,
                        -INFINITY, NAN, 1.0, 2.0}),
  };
}

}  // namespace castalia
