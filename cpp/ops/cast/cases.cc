#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case from_to(DType from, DType to, const Shape& shape) {
  // Beside an integer type only values that both types hold.
  const bool integral = !is_floating(from) || !is_floating(to);
  const Domain domain{.low = -9.0, .high = 9.0, .integral = integral};
  return {{{shape, domain, from}}, {{"dtype", static_cast<int64_t>(to)}}};
}

}  // namespace

std::vector<Case> cast_cases() {
  std::vector<Case> cases;
  const DType types[] = {DType::float32, DType::float64, DType::int32, DType::int64};
  for (const DType from : types) {
    for (const DType to : types) {
      if (from != to) cases.push_back(from_to(from, to, {5, 7}));
    }
  }
  cases.push_back(from_to(DType::float32, DType::float64, {}));
  cases.push_back(from_to(DType::float64, DType::float32, {0, 3}));
  cases.push_back(from_to(DType::float64, DType::float32, {67, 131}));
  // Truncation towards zero.
  cases.push_back({{{{4}, {}, DType::float64, {-1.75, -0.5, 0.5, 1.75}}},
                   {{"dtype", static_cast<int64_t>(DType::int32)}}});
  return cases;
}

}  // namespace castalia
