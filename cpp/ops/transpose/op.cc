#include "cpp/ops/transpose/op.h"

#include <algorithm>
#include <functional>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_transpose(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  expect_operands(inputs, 1);
  const std::vector<int64_t>& permutation = attributes.integers("permutation");
  const int rank = inputs[0].shape.rank();
  if (static_cast<int>(permutation.size()) != rank) {
    fail(Code::shape_mismatch, "a permutation of ", permutation.size(), " axes for ", inputs[0]);
  }
  resolve_axes(permutation, rank);
  Shape shape;
  for (const int64_t axis : permutation) shape.push_back(inputs[0].shape[resolve_axis(axis, rank)]);
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> differentiate_transpose(const GradientRequest& r) {
  const std::vector<int64_t>& permutation = r.attributes.integers("permutation");
  std::vector<int64_t> inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) {
    inverse[static_cast<size_t>(permutation[i])] = static_cast<int64_t>(i);
  }
  return {transpose(r.gradients[0], inverse)};
}

}  // namespace

const Operator& transpose_operator() {
  static const Operator op{
      .name = "transpose", .infer = infer_transpose, .gradient = differentiate_transpose};
  return op;
}

Value transpose(Value x, const std::vector<int64_t>& permutation) {
  std::vector<int64_t> axes = permutation;
  for (int64_t& axis : axes) axis = resolve_axis(axis, x.shape().rank());
  // Axes that already stand in order leave everything in its place.
  if (static_cast<int>(axes.size()) == x.shape().rank() &&
      std::is_sorted(axes.begin(), axes.end(), std::less_equal<>())) {
    return x;
  }
  return x.graph().apply(transpose_operator(), {x}, {{"permutation", axes}})[0];
}

}  // namespace castalia
