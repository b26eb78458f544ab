#include "cpp/nn/minibatch.h"

#include "cpp/ops/ops.h"

namespace castalia {

Value minibatch_features(Trace& trace, Value hidden, int64_t features) {
  constexpr int64_t kDimensions = 5;
  const Trace::Part part(trace, "minibatch");
  const int64_t rows = hidden.rows();
  const Value weight = trace.parameter("weight", {hidden.columns(), features * kDimensions},
                                       Initializer::glorot_uniform);
  const Value points = matmul(hidden, weight);
  const Value own = reshape(points, Shape{rows, 1, features, kDimensions});
  const Value others = reshape(points, Shape{1, rows, features, kDimensions});
  const Value closeness = exp(negate(sum(abs(own - others), {3}, false)));
  return mean(closeness, {1}, false);
}

}  // namespace castalia
