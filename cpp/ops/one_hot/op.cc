#include "cpp/ops/one_hot/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_one_hot(std::span<const TensorType> inputs,
                                      const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_indices(inputs[0]);
  TensorType out{dtype_attribute(attributes, "dtype"), inputs[0].shape};
  expect_floating(out);
  const int64_t classes = attributes.integer("classes");
  if (classes < 0) fail(Code::out_of_range, classes, " classes");
  out.shape.push_back(classes);
  return {out};
}

}  // namespace

const Operator& one_hot_operator() {
  static const Operator op{
      .name = "one_hot", .infer = infer_one_hot, .no_gradient = "its operand is whole numbers"};
  return op;
}

Value one_hot(Value indices, int64_t classes, DType dtype) {
  return indices.graph().apply(one_hot_operator(), {indices},
                               {{"classes", classes}, {"dtype", static_cast<int64_t>(dtype)}})[0];
}

}  // namespace castalia
