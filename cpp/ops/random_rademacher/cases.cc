#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case draw_rademacher(int64_t seed, int64_t first_event, int64_t rows, int64_t features,
                     DType dtype) {
  const auto scalar = [](int64_t value) {
    return CaseOperand{{}, {}, DType::int64, {static_cast<double>(value)}};
  };
  return {{scalar(seed), scalar(first_event)},
          {{"rows", rows},
           {"features", features},
           {"stage", int64_t{3}},
           {"dtype", static_cast<int64_t>(dtype)}}};
}

}  // namespace

std::vector<Case> random_rademacher_cases() {
  std::vector<Case> cases;
  for (const DType dtype : {DType::float32, DType::float64}) {
    cases.push_back(draw_rademacher(1, 0, 1, 1, dtype));
    cases.push_back(draw_rademacher(42, 7, 5, 9, dtype));
    cases.push_back(draw_rademacher(42, int64_t{1} << 40, 33, 131, dtype));
    cases.push_back(draw_rademacher(0, 0, 0, 4, dtype));
    cases.push_back(draw_rademacher(0, 0, 4, 0, dtype));
  }
  return cases;
}

}  // namespace castalia
