#include "cpp/ops/instance_norm/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/group_norm/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/normalization.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_instance_norm(std::span<const TensorType> inputs,
                                            const Attributes& attributes) {
  expect_rank_at_least(inputs[0], 3);
  const int64_t channels = inputs[0].shape.back();
  if (channels == 0) fail(Code::shape_mismatch, "no channels in ", inputs[0]);
  expect_normalizable(inputs, {channels}, attributes);
  return {inputs[0]};
}

std::vector<Value> define_instance_norm(Graph&, std::span<const Value> inputs,
                                        const Attributes& attributes) {
  return {group_norm(inputs[0], inputs[0].columns(), operand_or_null(inputs, 1),
                     operand_or_null(inputs, 2), attributes.real("epsilon"))};
}

}  // namespace

const Operator& instance_norm_operator() {
  static const Operator op{
      .name = "instance_norm", .infer = infer_instance_norm, .define = define_instance_norm};
  return op;
}

Value instance_norm(Value x, Value scale, Value bias, double epsilon) {
  return x.graph().apply(instance_norm_operator(), given_operands(x, scale, bias),
                         {{"epsilon", epsilon}})[0];
}

}  // namespace castalia
