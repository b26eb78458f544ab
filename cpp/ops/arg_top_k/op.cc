#include "cpp/ops/arg_top_k/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_arg_top_k(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const int axis = resolve_axis(attributes.integer("axis"), inputs[0].shape.rank());
  TensorType out{DType::int64, inputs[0].shape};
  const int64_t count = attributes.integer("count");
  if (count < 0 || count > out.shape[axis]) {
    fail(Code::out_of_range, count, " elements along axis ", axis, " of ", inputs[0]);
  }
  out.shape[axis] = count;
  return {out};
}

}  // namespace

const Operator& arg_top_k_operator() {
  static const Operator op{
      .name = "arg_top_k", .infer = infer_arg_top_k, .no_gradient = "it is whole numbers"};
  return op;
}

Value arg_top_k(Value x, int64_t count, int64_t axis) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(arg_top_k_operator(), {x}, {{"axis", resolved}, {"count", count}})[0];
}

}  // namespace castalia
