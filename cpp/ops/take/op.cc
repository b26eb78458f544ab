#include "cpp/ops/take/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/scatter_add/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_take(std::span<const TensorType> inputs,
                                   const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_rank_at_least(inputs[0], 1);
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const int64_t columns = inputs[0].shape.back();
  for (const int64_t index : indices) {
    if (index < 0 || index >= columns) {
      fail(Code::out_of_range, "index ", index, " into the last axis of ", inputs[0]);
    }
  }
  TensorType out = inputs[0];
  out.shape[out.shape.rank() - 1] = static_cast<int64_t>(indices.size());
  return {out};
}

std::vector<Value> differentiate_take(const GradientRequest& r) {
  return {scatter_add(r.gradients[0], r.attributes.integers("indices"), r.inputs[0].columns())};
}

}  // namespace

const Operator& take_operator() {
  static const Operator op{.name = "take", .infer = infer_take, .gradient = differentiate_take};
  return op;
}

Value take(Value x, const std::vector<int64_t>& indices) {
  return x.graph().apply(take_operator(), {x}, {{"indices", indices}})[0];
}

}  // namespace castalia
