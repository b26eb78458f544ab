#include "cpp/ops/scatter_add/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/take/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_scatter_add(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_rank_at_least(inputs[0], 1);
  expect_floating(inputs[0]);
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const int64_t columns = attributes.integer("columns");
  if (inputs[0].shape.back() != static_cast<int64_t>(indices.size())) {
    fail(Code::shape_mismatch, indices.size(), " indices for the last axis of ", inputs[0]);
  }
  for (const int64_t index : indices) {
    if (index < 0 || index >= columns) {
      fail(Code::out_of_range, "index ", index, " into ", columns, " columns");
    }
  }
  TensorType out = inputs[0];
  out.shape[out.shape.rank() - 1] = columns;
  return {out};
}

std::vector<Value> differentiate_scatter_add(const GradientRequest& r) {
  return {take(r.gradients[0], r.attributes.integers("indices"))};
}

}  // namespace

const Operator& scatter_add_operator() {
  static const Operator op{
      .name = "scatter_add", .infer = infer_scatter_add, .gradient = differentiate_scatter_add};
  return op;
}

Value scatter_add(Value x, const std::vector<int64_t>& indices, int64_t columns) {
  return x.graph().apply(scatter_add_operator(), {x},
                         {{"indices", indices}, {"columns", columns}})[0];
}

}  // namespace castalia
