#include "cpp/ops/reshape/op.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_reshape(std::span<const TensorType> inputs,
                                      const Attributes& attributes) {
  expect_operands(inputs, 1);
  const Shape shape(attributes.integers("shape"));
  if (shape.count() != inputs[0].shape.count()) {
    fail(Code::shape_mismatch, inputs[0], " does not have the elements of shape ", shape);
  }
  return {{inputs[0].dtype, shape}};
}

std::vector<Value> differentiate_reshape(const GradientRequest& r) {
  return {reshape(r.gradients[0], r.inputs[0].shape())};
}

}  // namespace

const Operator& reshape_operator() {
  static const Operator op{.name = "reshape",
                           .infer = infer_reshape,
                           .gradient = differentiate_reshape,
                           .is_view = true};
  return op;
}

Value reshape(Value x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return x.graph().apply(reshape_operator(), {x}, {{"shape", extents_of(shape)}})[0];
}

Value reshape(Value x, std::vector<int64_t> extents) {
  int64_t known = 1;
  for (const int64_t extent : extents) {
    if (extent != -1) known *= extent;
  }
  const auto open = std::find(extents.begin(), extents.end(), -1);
  if (open != extents.end()) {
    if (known == 0) fail(Code::shape_mismatch, "operator 'reshape': -1 beside an extent of 0");
    *open = x.shape().count() / known;
  }
  return reshape(x, Shape(extents));
}

}  // namespace castalia
