#include "cpp/ops/normalize/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/normalize_gradient/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_normalize(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  const Shape& shape = inputs[0].shape;
  if (shape.rank() != 4) {
    fail(Code::shape_mismatch, "takes (rows, positions, groups, width), not ", inputs[0]);
  }
  expect_normalizable(inputs, {shape[2], shape[3]}, attributes);
  return {inputs[0]};
}

std::vector<Value> define_normalize(Graph&, std::span<const Value> inputs,
                                    const Attributes& attributes) {
  const Normalized n = normalized(inputs[0], attributes);
  Value y = n.difference * n.inverse_deviation;
  if (inputs.size() > 1) y = y * inputs[1];
  if (inputs.size() > 2) y = y + inputs[2];
  return {y};
}

std::vector<Value> differentiate_normalize(const GradientRequest& r) {
  std::vector<Value> operands = {r.inputs[0], r.gradients[0]};
  if (r.inputs.size() > 1) operands.push_back(r.inputs[1]);
  Attributes attributes = r.attributes;
  attributes.set("bias", static_cast<int64_t>(r.inputs.size() > 2));
  const std::vector<Value> parts =
      r.graph.apply(normalize_gradient_operator(), std::move(operands), std::move(attributes));
  std::vector<Value> gradients = {parts[0]};
  for (size_t i = 1; i < parts.size(); ++i) {
    gradients.push_back(sum(parts[i], {0}, false, r.inputs[0].dtype()));
  }
  return gradients;
}

}  // namespace

const Operator& normalize_operator() {
  static const Operator op{.name = "normalize",
                           .infer = infer_normalize,
                           .gradient = differentiate_normalize,
                           .define = define_normalize};
  return op;
}

Value normalize(Value x, Value scale, Value bias, double epsilon, bool centred) {
  return x.graph().apply(normalize_operator(), given_operands(x, scale, bias),
                         {{"epsilon", epsilon}, {"centred", static_cast<int64_t>(centred)}})[0];
}

}  // namespace castalia
