#include "cpp/ops/sum_of_squares_inverse/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

const Operator& sum_of_squares_inverse_operator() {
  static const Operator op{.name = "sum_of_squares_inverse",
                           .infer = sum_of_squares_operator().infer,
                           .no_gradient = no_gradient_of_search()};
  return op;
}

}  // namespace castalia
