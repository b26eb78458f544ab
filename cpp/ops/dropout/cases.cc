#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case drop(int64_t seed, int64_t first_event, const Shape& shape, double rate) {
  const auto scalar = [](int64_t value) {
    return CaseOperand{{}, {}, DType::int64, {static_cast<double>(value)}};
  };
  return {{scalar(seed), scalar(first_event), {shape}}, {{"rate", rate}, {"stage", int64_t{3}}}};
}

}  // namespace

std::vector<Case> dropout_cases() {
  return {
      drop(1, 0, {7}, 0.3),    drop(42, 7, {5, 9}, 0.5), drop(42, 1, {5, 3, 4}, 0.9),
      drop(0, 0, {0, 4}, 0.5), drop(0, 0, {4, 0}, 0.5),  drop(9, int64_t{1} << 40, {33, 131}, 0.1),
      drop(0, 0, {1, 1}, 0.0),
  };
}

}  // namespace castalia
