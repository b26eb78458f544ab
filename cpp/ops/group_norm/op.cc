#include "cpp/ops/group_norm/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/normalize/op.h"
#include "cpp/ops/reshape/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_group_norm(std::span<const TensorType> inputs,
                                         const Attributes& attributes) {
  expect_rank_at_least(inputs[0], 2);
  const int64_t groups = attributes.integer("groups");
  const int64_t channels = inputs[0].shape.back();
  if (groups < 1 || channels % groups != 0) {
    fail(Code::out_of_range, groups, " groups do not divide the channels of ", inputs[0]);
  }
  expect_normalizable(inputs, {channels}, attributes);
  return {inputs[0]};
}

std::vector<Value> define_group_norm(Graph&, std::span<const Value> inputs,
                                     const Attributes& attributes) {
  const Shape& x = inputs[0].shape();
  const int64_t groups = attributes.integer("groups");
  const int64_t width = x.back() / groups;
  const auto parameter = [&](size_t i) {
    const Value value = operand_or_null(inputs, i);
    return value ? reshape(value, Shape{groups, width}) : value;
  };
  const Value y =
      normalize(reshape(inputs[0], Shape{x[0], x.count(1, x.rank() - 1), groups, width}),
                parameter(1), parameter(2), attributes.real("epsilon"), true);
  return {reshape(y, x)};
}

}  // namespace

const Operator& group_norm_operator() {
  static const Operator op{
      .name = "group_norm", .infer = infer_group_norm, .define = define_group_norm};
  return op;
}

Value group_norm(Value x, int64_t groups, Value scale, Value bias, double epsilon) {
  return x.graph().apply(group_norm_operator(), given_operands(x, scale, bias),
                         {{"epsilon", epsilon}, {"groups", groups}})[0];
}

}  // namespace castalia
