#include "cpp/ops/deep_sigmoid_inverse/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

const Operator& deep_sigmoid_inverse_operator() {
  static const Operator op{.name = "deep_sigmoid_inverse",
                           .infer = deep_sigmoid_operator().infer,
                           .no_gradient = no_gradient_of_search()};
  return op;
}

}  // namespace castalia
