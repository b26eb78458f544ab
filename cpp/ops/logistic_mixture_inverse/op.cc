#include "cpp/ops/logistic_mixture_inverse/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

const Operator& logistic_mixture_inverse_operator() {
  static const Operator op{.name = "logistic_mixture_inverse",
                           .infer = logistic_mixture_operator().infer,
                           .no_gradient = no_gradient_of_search()};
  return op;
}

}  // namespace castalia
