#include "cpp/ops/squared_map_inverse/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

const Operator& squared_map_inverse_operator() {
  static const Operator op{.name = "squared_map_inverse",
                           .infer = squared_map_operator().infer,
                           .no_gradient = no_gradient_of_search()};
  return op;
}

}  // namespace castalia
