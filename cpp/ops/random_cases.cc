#include "cpp/ops/random_cases.h"

namespace castalia {

std::vector<Case> drawing_cases() {
  const auto scalar = [](int64_t value) {
    return CaseOperand{{}, {}, DType::int64, {static_cast<double>(value)}};
  };
  std::vector<Case> cases;
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto draw = [&](int64_t seed, int64_t first_event, int64_t rows, int64_t features) {
      cases.push_back({{scalar(seed), scalar(first_event)},
                       {{"rows", rows},
                        {"features", features},
                        {"stage", int64_t{3}},
                        {"dtype", static_cast<int64_t>(dtype)}}});
    };
    draw(1, 0, 1, 1);
    draw(42, 7, 5, 9);
    draw(42, int64_t{1} << 40, 131, 3);
    draw(42, int64_t{1} << 40, 33, 131);
    draw(0, 0, 0, 4);
    draw(0, 0, 4, 0);
  }
  return cases;
}

}  // namespace castalia
