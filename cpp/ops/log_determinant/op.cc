#include "cpp/ops/log_determinant/op.h"

#include "cpp/ops/determinant/op.h"
#include "cpp/ops/inverse/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/small_matrix.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_log_determinant(std::span<const TensorType> inputs,
                                              const Attributes& attributes) {
  const TensorType out = determinant_operator().infer(inputs, attributes)[0];
  return {out, out};
}

std::vector<Value> differentiate_log_determinant(const GradientRequest& r) {
  Shape one = r.outputs[1].shape();
  one.push_back(1);
  one.push_back(1);
  return {transposed(inverse(r.inputs[0])) * reshape(r.gradients[1], one)};
}

}  // namespace

const Operator& log_determinant_operator() {
  static const Operator op{.name = "log_determinant",
                           .infer = infer_log_determinant,
                           .gradient = differentiate_log_determinant};
  return op;
}

LogDeterminant log_determinant(Value a) {
  const std::vector<Value> out = a.graph().apply(log_determinant_operator(), {a});
  return {out[0], out[1]};
}

}  // namespace castalia
