#include "cpp/ops/batch_norm/op.h"

#include <algorithm>

#include "cpp/ops/add/op.h"
#include "cpp/ops/centred_sums/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/moments/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/reciprocal/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {
namespace {

// x as (rows, channels).
Shape batch_norm_matrix(const Shape& x) { return {x.count(0, x.rank() - 1), x.back()}; }

Value batch_norm_inverse_deviation(Value variance, const Attributes& attributes) {
  return reciprocal(sqrt(variance + attributes.real("epsilon")));
}

std::vector<TensorType> infer_batch_norm(std::span<const TensorType> inputs,
                                         const Attributes& attributes) {
  expect_operands(inputs, 3);
  expect_rank_at_least(inputs[0], 1);
  const TensorType channels{inputs[0].dtype, {inputs[0].shape.back()}};
  expect_normalizable(inputs, channels.shape, attributes);
  return {inputs[0], channels, channels};
}

std::vector<Value> define_batch_norm(Graph&, std::span<const Value> inputs,
                                     const Attributes& attributes) {
  const Value x = reshape(inputs[0], batch_norm_matrix(inputs[0].shape()));
  const auto [mean, variance] = moments(x);
  const Value factor = batch_norm_inverse_deviation(variance, attributes) * inputs[1];
  const Value y = (x - mean) * factor + inputs[2];
  return {reshape(y, inputs[0].shape()), mean, variance};
}

// The sums over rows are one pass over x and the gradient, what follows another.
std::vector<Value> differentiate_batch_norm(const GradientRequest& r) {
  const Shape& shape = r.inputs[0].shape();
  const Shape matrix = batch_norm_matrix(shape);
  const double inverse_rows = 1.0 / static_cast<double>(std::max<int64_t>(1, matrix[0]));
  const Value x = reshape(r.inputs[0], matrix);
  const Value g = reshape(r.gradients[0], matrix);
  const Value mean = r.outputs[1];
  const Value inverse = batch_norm_inverse_deviation(r.outputs[2], r.attributes);
  const Value factor = inverse * r.inputs[1];
  const auto [sums, products] = centred_sums(g, x, mean);
  const Value by_mean = r.gradients[1] - factor * sums;
  const Value by_variance = 2.0 * r.gradients[2] - factor * square(inverse) * products;
  const Value by_x =
      g * factor + (x - mean) * (by_variance * inverse_rows) + by_mean * inverse_rows;
  return {reshape(by_x, shape), products * inverse, sums};
}

}  // namespace

const Operator& batch_norm_operator() {
  static const Operator op{.name = "batch_norm",
                           .infer = infer_batch_norm,
                           .gradient = differentiate_batch_norm,
                           .define = define_batch_norm};
  return op;
}

BatchNorm batch_norm(Value x, Value scale, Value bias, double epsilon) {
  const std::vector<Value> out =
      x.graph().apply(batch_norm_operator(), {x, scale, bias}, {{"epsilon", epsilon}});
  return {out[0], out[1], out[2]};
}

}  // namespace castalia
