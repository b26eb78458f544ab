#include "cpp/ops/scatter/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/gather/op.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_scatter(std::span<const TensorType> inputs,
                                      const Attributes& attributes) {
  expect_operands(inputs, 2);
  const TensorType& x = inputs[0];
  const TensorType& indices = inputs[1];
  expect_floating(x);
  expect_indices(indices);
  const int axis = resolve_axis(attributes.integer("axis"), x.shape.rank());
  if (!(indices.shape == x.shape)) {
    fail(Code::shape_mismatch, "indices ", indices, " are not of the shape of ", x);
  }
  TensorType out = x;
  out.shape[axis] = attributes.integer("extent");
  if (out.shape[axis] < 0) fail(Code::out_of_range, "an extent of ", out.shape[axis]);
  return {out};
}

std::vector<Value> differentiate_scatter(const GradientRequest& r) {
  return {gather(r.gradients[0], r.inputs[1], r.attributes.integer("axis")), Value()};
}

}  // namespace

const Operator& scatter_operator() {
  static const Operator op{
      .name = "scatter", .infer = infer_scatter, .gradient = differentiate_scatter};
  return op;
}

Value scatter(Value x, Value indices, int64_t extent, int64_t axis) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(scatter_operator(), {x, indices},
                         {{"axis", resolved}, {"extent", extent}})[0];
}

}  // namespace castalia
