#include "cpp/ops/argsort/op.h"

#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_argsort(std::span<const TensorType> inputs,
                                      const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  resolve_axis(attributes.integer("axis"), inputs[0].shape.rank());
  return {{DType::int64, inputs[0].shape}};
}

}  // namespace

const Operator& argsort_operator() {
  static const Operator op{
      .name = "argsort", .infer = infer_argsort, .no_gradient = "it is whole numbers"};
  return op;
}

Value argsort(Value x, int64_t axis, bool descending) {
  return x.graph().apply(argsort_operator(), {x},
                         {{"axis", static_cast<int64_t>(resolve_axis(axis, x.shape().rank()))},
                          {"descending", static_cast<int64_t>(descending)}})[0];
}

}  // namespace castalia
