#include "cpp/ops/unconstrained_monotonic_inverse/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

const Operator& unconstrained_monotonic_inverse_operator() {
  static const Operator op{.name = "unconstrained_monotonic_inverse",
                           .infer = unconstrained_monotonic_operator().infer,
                           .no_gradient = no_gradient_of_search()};
  return op;
}

}  // namespace castalia
