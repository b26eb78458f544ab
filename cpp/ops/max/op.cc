#include "cpp/ops/max/op.h"

#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/equal/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<Value> differentiate_max(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  const Shape kept = reduced_shape(r.inputs[0].shape(), {&axis, 1}, true);
  const Value largest = equal(r.inputs[0], reshape(r.outputs[0], kept));
  return {largest * (reshape(r.gradients[0], kept) / sum(largest, {axis}))};
}

}  // namespace

const Operator& max_operator() {
  static const Operator op{
      .name = "max", .infer = infer_reduce_axis, .gradient = differentiate_max};
  return op;
}

Value max(Value x, int64_t axis, bool keep) {
  return x.graph().apply(max_operator(), {x}, reduce_axis_attributes(x.shape(), axis, keep))[0];
}

}  // namespace castalia
