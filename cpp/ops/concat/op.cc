#include "cpp/ops/concat/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/slice/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_concat(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  check(!inputs.empty(), "takes at least one operand");
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  for (const TensorType& input : inputs.subspan(1)) {
    expect_same_dtype(out, input);
    Shape expected = inputs[0].shape;
    if (input.shape.rank() == expected.rank()) expected[axis] = input.shape[axis];
    if (!(input.shape == expected)) {
      fail(Code::shape_mismatch, inputs[0], " and ", input, " do not fit along axis ", axis);
    }
    out.shape[axis] += input.shape[axis];
  }
  return {out};
}

std::vector<Value> differentiate_concat(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  std::vector<Value> gradients;
  int64_t first = 0;
  for (const Value& input : r.inputs) {
    const int64_t last = first + input.shape()[static_cast<int>(axis)];
    gradients.push_back(slice(r.gradients[0], axis, first, last));
    first = last;
  }
  return gradients;
}

// Its transpose would add up padded pieces.
std::vector<Value> push_forward_concat(const TangentRequest& r) {
  std::vector<Value> tangents(r.tangents.begin(), r.tangents.end());
  for (size_t k = 0; k < tangents.size(); ++k) {
    const TensorType& type = r.inputs[k].type();
    if (!tangents[k]) tangents[k] = broadcast_to(r.graph.scalar(0.0, type.dtype), type.shape);
  }
  return {concat(tangents, r.attributes.integer("axis"))};
}

}  // namespace

const Operator& concat_operator() {
  static const Operator op{.name = "concat",
                           .infer = infer_concat,
                           .gradient = differentiate_concat,
                           .tangent = push_forward_concat};
  return op;
}

Value concat(const std::vector<Value>& parts, int64_t axis) {
  check(!parts.empty(), "operator 'concat' takes at least one operand");
  if (parts.size() == 1) return parts[0];
  const int64_t resolved = resolve_axis(axis, parts[0].shape().rank());
  return parts[0].graph().apply(concat_operator(), parts, {{"axis", resolved}})[0];
}

}  // namespace castalia
