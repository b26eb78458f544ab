#include "cpp/ops/rms_norm/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/normalize/op.h"
#include "cpp/ops/reshape/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_rms_norm(std::span<const TensorType> inputs,
                                       const Attributes& attributes) {
  check(inputs.size() <= 2, "takes 1 or 2 operands, not ", inputs.size());
  expect_rank_at_least(inputs[0], 1);
  expect_normalizable(inputs, {inputs[0].shape.back()}, attributes);
  return {inputs[0]};
}

std::vector<Value> define_rms_norm(Graph&, std::span<const Value> inputs,
                                   const Attributes& attributes) {
  const Shape& x = inputs[0].shape();
  const int64_t width = x.back();
  const Value scale = operand_or_null(inputs, 1);
  const Value y = normalize(reshape(inputs[0], Shape{x.count(0, x.rank() - 1), 1, 1, width}),
                            scale ? reshape(scale, Shape{1, width}) : scale, Value(),
                            attributes.real("epsilon"), false);
  return {reshape(y, x)};
}

}  // namespace

const Operator& rms_norm_operator() {
  static const Operator op{.name = "rms_norm", .infer = infer_rms_norm, .define = define_rms_norm};
  return op;
}

Value rms_norm(Value x, Value scale, double epsilon) {
  return x.graph().apply(rms_norm_operator(), given_operands(x, scale, Value()),
                         {{"epsilon", epsilon}})[0];
}

}  // namespace castalia
