#include "cpp/ops/broadcast_to/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_broadcast_to(std::span<const TensorType> inputs,
                                           const Attributes& attributes) {
  expect_operands(inputs, 1);
  const Shape shape(attributes.integers("shape"));
  if (!(broadcast(inputs[0].shape, shape) == shape)) {
    fail(Code::shape_mismatch, inputs[0], " does not broadcast to ", shape);
  }
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> differentiate_broadcast_to(const GradientRequest& r) {
  const Shape& from = r.inputs[0].shape();
  const Shape& to = r.outputs[0].shape();
  const int added = to.rank() - from.rank();
  std::vector<int64_t> axes;
  for (int axis = 0; axis < to.rank(); ++axis) {
    if (axis < added || from[axis - added] != to[axis]) axes.push_back(axis);
  }
  return {reshape(sum(r.gradients[0], axes), from)};
}

}  // namespace

const Operator& broadcast_to_operator() {
  static const Operator op{
      .name = "broadcast_to", .infer = infer_broadcast_to, .gradient = differentiate_broadcast_to};
  return op;
}

Value broadcast_to(Value x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return x.graph().apply(broadcast_to_operator(), {x}, {{"shape", extents_of(shape)}})[0];
}

}  // namespace castalia
