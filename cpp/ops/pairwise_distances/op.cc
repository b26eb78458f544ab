#include "cpp/ops/pairwise_distances/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_pairwise_distances(std::span<const TensorType> inputs,
                                                 const Attributes&) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_rank_at_least(inputs[0], 2);
  const Shape& x = inputs[0].shape;
  const Shape& y = inputs[1].shape;
  Shape expected = x;
  const int points = x.rank() - 2;
  if (y.rank() == x.rank()) expected[points] = y[points];
  if (!(y == expected)) {
    fail(Code::shape_mismatch, "takes (..., n, features) and (..., m, features), not ", inputs[0],
         " and ", inputs[1]);
  }
  if (x.rank() == Shape::kMaxRank) {
    fail(Code::shape_mismatch, "takes at most ", Shape::kMaxRank - 1, " axes, not ", inputs[0]);
  }
  TensorType out = inputs[0];
  out.shape[points + 1] = y[points];
  out.shape.count();  // an Error on overflow
  return {out};
}

std::vector<Value> define_pairwise_distances(Graph& graph, std::span<const Value> inputs,
                                             const Attributes& attributes) {
  const int points = inputs[0].shape().rank() - 2;
  Shape left = inputs[0].shape();
  Shape right = inputs[1].shape();
  left.insert(points + 1, 1);
  right.insert(points, 1);
  const Value difference = reshape(inputs[0], left) - reshape(inputs[1], right);
  const Value squares = sum(square(difference), {-1}, false);
  if (attributes.integer("squared") != 0) return {squares};
  // The root has no finite derivative at 0.
  const Value zero = graph.scalar(0.0, squares.dtype());
  const Value apart = less(zero, squares);
  const Value root = sqrt(select(apart, squares, graph.scalar(1.0, squares.dtype())));
  return {select(apart, root, zero)};
}

}  // namespace

const Operator& pairwise_distances_operator() {
  static const Operator op{.name = "pairwise_distances",
                           .infer = infer_pairwise_distances,
                           .define = define_pairwise_distances};
  return op;
}

Value pairwise_distances(Value x, Value y, bool squared) {
  return x.graph().apply(pairwise_distances_operator(), {x, y},
                         {{"squared", static_cast<int64_t>(squared)}})[0];
}

}  // namespace castalia
