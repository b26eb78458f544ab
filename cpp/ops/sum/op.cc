#include "cpp/ops/sum/op.h"

#include <numeric>

#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/cast/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/reshape/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_sum(std::span<const TensorType> inputs,
                                  const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const DType dtype = dtype_attribute(attributes, "dtype");
  expect_floating({dtype, {}});
  const std::vector<int64_t> axes =
      resolve_axes(attributes.integers("axes"), inputs[0].shape.rank());
  return {{dtype, reduced_shape(inputs[0].shape, axes, attributes.integer("keep") != 0)}};
}

std::vector<Value> differentiate_sum(const GradientRequest& r) {
  const Shape& shape = r.inputs[0].shape();
  const Value g = cast(r.gradients[0], r.inputs[0].dtype());
  const Shape kept = reduced_shape(shape, r.attributes.integers("axes"), true);
  return {broadcast_to(reshape(g, kept), shape)};
}

}  // namespace

const Operator& sum_operator() {
  static const Operator op{.name = "sum", .infer = infer_sum, .gradient = differentiate_sum};
  return op;
}

Value sum(Value x, const std::vector<int64_t>& axes, bool keep) {
  return sum(x, axes, keep, x.dtype());
}

Value sum(Value x, const std::vector<int64_t>& axes, bool keep, DType dtype) {
  if (axes.empty()) return cast(x, dtype);
  return x.graph().apply(sum_operator(), {x},
                         {{"axes", resolve_axes(axes, x.shape().rank())},
                          {"keep", static_cast<int64_t>(keep)},
                          {"dtype", static_cast<int64_t>(dtype)}})[0];
}

Value sum(Value x) {
  std::vector<int64_t> axes(static_cast<size_t>(x.shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return sum(x, axes, false);
}

}  // namespace castalia
