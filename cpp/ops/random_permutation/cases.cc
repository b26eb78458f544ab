#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case draw_permutation(int64_t seed, int64_t first_event, int64_t rows, int64_t features) {
  const auto scalar = [](int64_t value) {
    return CaseOperand{{}, {}, DType::int64, {static_cast<double>(value)}};
  };
  return {{scalar(seed), scalar(first_event)},
          {{"rows", rows}, {"features", features}, {"stage", int64_t{3}}}};
}

}  // namespace

std::vector<Case> random_permutation_cases() {
  return {
      draw_permutation(1, 0, 1, 1),
      draw_permutation(42, 7, 5, 9),
      draw_permutation(42, int64_t{1} << 40, 33, 131),
      draw_permutation(42, 7, 2, 1500),
      draw_permutation(0, 0, 0, 4),
      draw_permutation(0, 0, 4, 0),
  };
}

}  // namespace castalia
