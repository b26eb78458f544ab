#include "cpp/ops/centred_sums/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/partial_centred_sums/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_centred_sums(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 3);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_same_dtype(inputs[0], inputs[2]);
  const Shape& x = inputs[1].shape;
  if (x.rank() != 2 || !(inputs[0].shape == x) || !(inputs[2].shape == Shape{x[1]})) {
    fail(Code::shape_mismatch, "takes two tensors (rows, columns) and means (columns), not ",
         inputs[0], ", ", inputs[1], " and ", inputs[2]);
  }
  const TensorType out{inputs[0].dtype, {x[1]}};
  return {out, out};
}

std::vector<Value> define_centred_sums(Graph&, std::span<const Value> inputs, const Attributes&) {
  const PartialCentredSums tiles = partial_centred_sums(inputs[0], inputs[1], inputs[2]);
  const DType dtype = inputs[0].dtype();
  return {sum(tiles.sums, {0}, false, dtype), sum(tiles.products, {0}, false, dtype)};
}

std::vector<Value> differentiate_centred_sums(const GradientRequest& r) {
  const Value by_sums = r.gradients[0];
  const Value by_products = r.gradients[1];
  return {by_sums + by_products * (r.inputs[1] - r.inputs[2]), by_products * r.inputs[0],
          negate(by_products * r.outputs[0])};
}

}  // namespace

const Operator& centred_sums_operator() {
  static const Operator op{.name = "centred_sums",
                           .infer = infer_centred_sums,
                           .gradient = differentiate_centred_sums,
                           .define = define_centred_sums};
  return op;
}

CentredSums centred_sums(Value g, Value x, Value mean) {
  const std::vector<Value> out = x.graph().apply(centred_sums_operator(), {g, x, mean});
  return {out[0], out[1]};
}

}  // namespace castalia
