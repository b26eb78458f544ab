#include "cpp/ops/cumulative_product/op.h"

#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/concat/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/slice/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_cumulative_product(std::span<const TensorType> inputs,
                                                 const Attributes& attributes) {
  const std::vector<TensorType> out = infer_unary(inputs, attributes);
  expect_rank_at_least(inputs[0], 1);
  return out;
}

std::vector<Value> define_cumulative_product(Graph& graph, std::span<const Value> inputs,
                                             const Attributes&) {
  Value x = inputs[0];
  const int64_t n = x.columns();
  Shape before = x.shape();
  // After each step an element is the product of twice as many.
  for (int64_t shift = 1; shift < n; shift *= 2) {
    before[before.rank() - 1] = shift;
    const Value ones = broadcast_to(graph.scalar(1.0, x.dtype()), before);
    x = x * concat({ones, slice(x, -1, 0, n - shift)}, -1);
  }
  return {x};
}

}  // namespace

const Operator& cumulative_product_operator() {
  static const Operator op{.name = "cumulative_product",
                           .infer = infer_cumulative_product,
                           .define = define_cumulative_product};
  return op;
}

Value cumulative_product(Value x) { return x.graph().apply(cumulative_product_operator(), {x})[0]; }

}  // namespace castalia
