#include "cpp/ops/attention/op.h"

#include <cmath>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_attention(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  const bool mask = attributes.integer("mask") != 0;
  const bool bias = attributes.integer("bias") != 0;
  expect_operands(inputs, 3 + mask + bias);
  expect_floating(inputs[0]);
  const Shape& q = inputs[0].shape;
  const Shape& k = inputs[1].shape;
  const Shape& v = inputs[2].shape;
  const int64_t heads = attributes.integer("heads");
  for (const TensorType& input : inputs.subspan(1)) expect_same_dtype(inputs[0], input);
  for (const TensorType& input : inputs.first(3)) {
    if (input.shape.rank() != 3) {
      fail(Code::shape_mismatch, "takes (rows, particles, heads * width), not ", input);
    }
    if (heads < 1 || input.shape[2] % heads != 0) {
      fail(Code::out_of_range, heads, " heads do not divide the last axis of ", input);
    }
  }
  if (k[0] != q[0] || v[0] != q[0] || k[2] != q[2] || v[1] != k[1]) {
    fail(Code::shape_mismatch, "queries ", inputs[0], ", keys ", inputs[1], " and values ",
         inputs[2], " do not fit");
  }
  const Shape scores{q[0], heads, q[1], k[1]};
  scores.count();  // an Error on overflow
  if (mask) {
    const Shape& shape = inputs[3].shape;
    if (shape.rank() != 4 || shape[3] != k[1] || !(broadcast(shape, scores) == scores)) {
      fail(Code::shape_mismatch, "a mask ", inputs[3], " for scores ", scores);
    }
  }
  if (bias && !(inputs.back().shape == scores)) {
    fail(Code::shape_mismatch, "a bias ", inputs.back(), " for scores ", scores);
  }
  return {{inputs[0].dtype, {q[0], q[1], v[2]}}};
}

// (rows, particles, heads * width) as (rows, heads, particles, width).
Value by_head(Value x, int64_t heads) {
  const Shape& s = x.shape();
  return transpose(reshape(x, Shape{s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
}

std::vector<Value> define_attention(Graph& graph, std::span<const Value> inputs,
                                    const Attributes& attributes) {
  const int64_t heads = attributes.integer("heads");
  const Shape& q = inputs[0].shape();
  const Shape& v = inputs[2].shape();
  const DType dtype = inputs[0].dtype();
  const Shape result{q[0], q[1], v[2]};
  const Value zero = graph.scalar(0.0, dtype);
  if (v[1] == 0) return {broadcast_to(zero, result)};
  const Value mask = attributes.integer("mask") != 0 ? inputs[3] : Value();
  Value scores = matmul(by_head(inputs[0], heads), by_head(inputs[1], heads), false, true);
  scores = scores * attributes.real("scale");
  if (attributes.integer("bias") != 0) scores = scores + inputs.back();
  // Below all that is visible, and finite: the weight is set to 0 again below.
  if (mask) scores = select(mask, scores, graph.scalar(-3e38, dtype));
  const Value largest = stop_gradient(max(scores, -1));
  Value weights = exp(scores - select(is_finite(largest), largest, zero));
  if (mask) weights = select(mask, weights, zero);
  const Value total = sum(weights, {-1});
  const Value divisor = select(less(zero, total), total, graph.scalar(1.0, dtype));
  const Value out = matmul(weights / divisor, by_head(inputs[2], heads));
  return {reshape(transpose(out, {0, 2, 1, 3}), result)};
}

}  // namespace

const Operator& attention_operator() {
  static const Operator op{
      .name = "attention", .infer = infer_attention, .define = define_attention};
  return op;
}

Value attention(Value queries, Value keys, Value values, const AttentionOptions& options) {
  if (options.heads < 1) fail(Code::out_of_range, "attention with ", options.heads, " heads");
  for (const Value& operand : {queries, keys}) {
    if (operand.shape().rank() != 3) {
      fail(Code::shape_mismatch, "attention takes (rows, particles, heads * width), not ",
           operand.type());
    }
  }
  std::vector<Value> operands = {queries, keys, values};
  if (options.mask) {
    Shape shape = options.mask.shape();
    if (shape.rank() == 4) shape[3] = keys.shape()[1];
    operands.push_back(broadcast_to(options.mask, shape));
  }
  if (options.bias) {
    const Shape scores{queries.rows(), options.heads, queries.shape()[1], keys.shape()[1]};
    operands.push_back(broadcast_to(options.bias, scores));
  }
  const double width = static_cast<double>(queries.columns()) / static_cast<double>(options.heads);
  return queries.graph().apply(attention_operator(), std::move(operands),
                               {{"heads", options.heads},
                                {"scale", width > 0 ? 1.0 / std::sqrt(width) : 1.0},
                                {"mask", static_cast<int64_t>(bool(options.mask))},
                                {"bias", static_cast<int64_t>(bool(options.bias))}})[0];
}

}  // namespace castalia
