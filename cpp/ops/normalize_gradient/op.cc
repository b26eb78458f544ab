#include "cpp/ops/normalize_gradient/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/mean/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/pad/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

int64_t normalize_gradient_tiles(const Shape& shape) {
  const int64_t rows = normalize_tile_rows(shape);
  return (shape[0] + rows - 1) / rows;
}

std::vector<TensorType> infer_normalize_gradient(std::span<const TensorType> inputs,
                                                 const Attributes& attributes) {
  check(inputs.size() == 2 || inputs.size() == 3, "takes 2 or 3 operands, not ", inputs.size());
  const Shape& shape = inputs[0].shape;
  if (shape.rank() != 4 || !(inputs[1] == inputs[0])) {
    fail(Code::shape_mismatch, "takes two tensors (rows, positions, groups, width), not ",
         inputs[0], " and ", inputs[1]);
  }
  const TensorType partial{DType::float64, {normalize_gradient_tiles(shape), shape[2], shape[3]}};
  std::vector<TensorType> outputs = {inputs[0]};
  if (inputs.size() > 2) outputs.push_back(partial);
  if (attributes.integer("bias") != 0) outputs.push_back(partial);
  return outputs;
}

// Sums (rows, positions, groups, width) to (tiles, groups, width).
Value normalize_gradient_sum(Value terms) {
  const Shape& shape = terms.shape();
  const Value sums = sum(terms, {1}, false, DType::float64);
  const int64_t rows = normalize_tile_rows(shape);
  const int64_t tiles = normalize_gradient_tiles(shape);
  const Value whole = pad(sums, 0, 0, tiles * rows - shape[0]);
  return sum(reshape(whole, Shape{tiles, rows, shape[2], shape[3]}), {1}, false);
}

std::vector<Value> define_normalize_gradient(Graph&, std::span<const Value> inputs,
                                             const Attributes& attributes) {
  const Value g = inputs[1];
  const Normalized n = normalized(inputs[0], attributes);
  const Value y = n.difference * n.inverse_deviation;
  const Value scaled = inputs.size() > 2 ? g * inputs[2] : g;
  Value across = y * mean(scaled * y, {1, 3});
  if (attributes.integer("centred") != 0) across = across + mean(scaled, {1, 3});
  std::vector<Value> outputs = {(scaled - across) * n.inverse_deviation};
  if (inputs.size() > 2) outputs.push_back(normalize_gradient_sum(g * y));
  if (attributes.integer("bias") != 0) outputs.push_back(normalize_gradient_sum(g));
  return outputs;
}

}  // namespace

const Operator& normalize_gradient_operator() {
  static const Operator op{.name = "normalize_gradient",
                           .infer = infer_normalize_gradient,
                           .define = define_normalize_gradient};
  return op;
}

}  // namespace castalia
