#include "cpp/ops/searchsorted/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_searchsorted(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  if (inputs[0].shape.rank() != 1) {
    fail(Code::shape_mismatch, "takes edges of one axis, not ", inputs[0]);
  }
  return {{DType::int64, inputs[1].shape}};
}

}  // namespace

const Operator& searchsorted_operator() {
  static const Operator op{
      .name = "searchsorted", .infer = infer_searchsorted, .no_gradient = "it is whole numbers"};
  return op;
}

Value searchsorted(Value edges, Value x, bool right) {
  return x.graph().apply(searchsorted_operator(), {edges, x},
                         {{"right", static_cast<int64_t>(right)}})[0];
}

}  // namespace castalia
