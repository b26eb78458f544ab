#include "cpp/ops/masked_matmul/op.h"

#include <numeric>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/matmul/op.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_masked_matmul(std::span<const TensorType> inputs,
                                            const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const Shape& x = inputs[0].shape;
  const Shape& w = inputs[1].shape;
  if (x.rank() != 2 || w.rank() != 2 || x[1] != w[0]) {
    fail(Code::shape_mismatch, "takes matrices (rows, inputs) and (inputs, outputs), not ",
         inputs[0], " and ", inputs[1]);
  }
  const std::vector<int64_t>& reach = attributes.integers("reach");
  if (reach.empty() || w[1] % static_cast<int64_t>(reach.size()) != 0) {
    fail(Code::shape_mismatch, "a reach for each of ", reach.size(), " groups of ", w[1],
         " outputs: the groups must have equal sizes");
  }
  for (const int64_t each : reach) {
    if (each < 0 || each > w[0]) {
      fail(Code::out_of_range, "a reach is ", each, "; allowed: 0 to ", w[0]);
    }
  }
  return {{inputs[0].dtype, {x[0], w[1]}}};
}

std::vector<Value> define_masked_matmul(Graph& graph, std::span<const Value> inputs,
                                        const Attributes& attributes) {
  const Value w = inputs[1];
  const std::vector<int64_t>& reach = attributes.integers("reach");
  const auto outputs = static_cast<size_t>(w.columns());
  std::vector<double> input(static_cast<size_t>(w.rows()));
  std::iota(input.begin(), input.end(), 0.0);
  std::vector<double> limit(outputs);
  for (size_t j = 0; j < outputs; ++j) {
    limit[j] = static_cast<double>(reach[j * reach.size() / outputs]);
  }
  const Value mask = less(graph.constant({w.rows(), 1}, w.dtype(), input),
                          graph.constant({1, w.columns()}, w.dtype(), limit));
  return {matmul(inputs[0], w * mask)};
}

}  // namespace

const Operator& masked_matmul_operator() {
  static const Operator op{
      .name = "masked_matmul", .infer = infer_masked_matmul, .define = define_masked_matmul};
  return op;
}

Value masked_matmul(Value x, Value w, const std::vector<int64_t>& reach) {
  return x.graph().apply(masked_matmul_operator(), {x, w}, {{"reach", reach}})[0];
}

}  // namespace castalia
