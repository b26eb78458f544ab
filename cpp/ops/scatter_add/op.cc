#include "cpp/ops/scatter_add/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/take/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_scatter_add(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const int64_t extent = attributes.integer("extent");
  if (out.shape[axis] != static_cast<int64_t>(indices.size())) {
    fail(Code::shape_mismatch, indices.size(), " indices for axis ", axis, " of ", inputs[0]);
  }
  for (const int64_t index : indices) {
    if (index < 0 || index >= extent) {
      fail(Code::out_of_range, "index ", index, " into an extent of ", extent);
    }
  }
  out.shape[axis] = extent;
  return {out};
}

std::vector<Value> differentiate_scatter_add(const GradientRequest& r) {
  return {take(r.gradients[0], r.attributes.integers("indices"), r.attributes.integer("axis"))};
}

}  // namespace

const Operator& scatter_add_operator() {
  static const Operator op{
      .name = "scatter_add", .infer = infer_scatter_add, .gradient = differentiate_scatter_add};
  return op;
}

Value scatter_add(Value x, const std::vector<int64_t>& indices, int64_t extent, int64_t axis) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(scatter_add_operator(), {x},
                         {{"axis", resolved}, {"indices", indices}, {"extent", extent}})[0];
}

}  // namespace castalia
