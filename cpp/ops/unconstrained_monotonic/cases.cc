#include "cpp/ops/monotone_cases.h"
#include "cpp/ops/unconstrained_monotonic/op.h"

namespace castalia {

std::vector<Case> unconstrained_monotonic_cases() {
  const UnconstrainedMonotonicOptions usual;
  const UnconstrainedMonotonicOptions small{.units = 3, .nodes = 12, .lower = -1, .upper = 3};
  return all_cases(
      monotone_cases(usual.attributes(), unconstrained_monotonic_parameters(usual)),
      monotone_cases(small.attributes(), unconstrained_monotonic_parameters(small), 4.0, {-1, 3}));
}

}  // namespace castalia
