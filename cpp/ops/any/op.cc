#include "cpp/ops/any/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/logical_not/op.h"
#include "cpp/ops/not_equal/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_any(std::span<const TensorType> inputs,
                                  const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const std::vector<int64_t> axes =
      resolve_axes(attributes.integers("axes"), inputs[0].shape.rank());
  return {{inputs[0].dtype, reduced_shape(inputs[0].shape, axes, attributes.integer("keep") != 0)}};
}

std::vector<Value> define_any(Graph& graph, std::span<const Value> inputs,
                              const Attributes& attributes) {
  const Value x = inputs[0];
  const Value zero = graph.scalar(0.0, x.dtype());
  const bool keep = attributes.integer("keep") != 0;
  return {less(zero, sum(not_equal(x, zero), attributes.integers("axes"), keep))};
}

}  // namespace

const Operator& any_operator() {
  static const Operator op{.name = "any", .infer = infer_any, .define = define_any};
  return op;
}

Value any(Value x, const std::vector<int64_t>& axes, bool keep) {
  return x.graph().apply(
      any_operator(), {x},
      {{"axes", resolve_axes(axes, x.shape().rank())}, {"keep", static_cast<int64_t>(keep)}})[0];
}

Value all(Value x, const std::vector<int64_t>& axes, bool keep) {
  return logical_not(any(logical_not(x), axes, keep));
}

}  // namespace castalia
