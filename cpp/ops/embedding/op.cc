#include "cpp/ops/embedding/op.h"

#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/segment_sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_embedding(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_rank_at_least(inputs[0], 1);
  expect_indices(inputs[1]);
  TensorType out{inputs[0].dtype, inputs[1].shape};
  const Shape& table = inputs[0].shape;
  if (out.shape.rank() + table.rank() - 1 > Shape::kMaxRank) {
    fail(Code::shape_mismatch, "indices ", inputs[1], " into ", inputs[0], " give more than ",
         Shape::kMaxRank, " axes");
  }
  for (int axis = 1; axis < table.rank(); ++axis) out.shape.push_back(table[axis]);
  out.shape.count();  // an Error on overflow
  return {out};
}

std::vector<Value> differentiate_embedding(const GradientRequest& r) {
  return {segment_sum(r.gradients[0], r.inputs[1], r.inputs[0].rows()), Value()};
}

}  // namespace

const Operator& embedding_operator() {
  static const Operator op{
      .name = "embedding", .infer = infer_embedding, .gradient = differentiate_embedding};
  return op;
}

Value embedding(Value table, Value indices) {
  return table.graph().apply(embedding_operator(), {table, indices})[0];
}

}  // namespace castalia
