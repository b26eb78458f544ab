#include "cpp/ops/norm/op.h"

#include <cmath>

#include "cpp/base/status.h"
#include "cpp/ops/abs/op.h"
#include "cpp/ops/equal/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/max/op.h"
#include "cpp/ops/pow/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_norm(std::span<const TensorType> inputs,
                                   const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const double order = attributes.real("order");
  if (!(order >= 1)) fail(Code::out_of_range, "order ", order, " is below 1");
  const std::vector<int64_t> axes =
      resolve_axes(attributes.integers("axes"), inputs[0].shape.rank());
  return {{inputs[0].dtype, reduced_shape(inputs[0].shape, axes, attributes.integer("keep") != 0)}};
}

std::vector<Value> define_norm(Graph& graph, std::span<const Value> inputs,
                               const Attributes& attributes) {
  const Value x = inputs[0];
  const double order = attributes.real("order");
  const std::vector<int64_t>& axes = attributes.integers("axes");
  const Shape result = reduced_shape(x.shape(), axes, attributes.integer("keep") != 0);
  if (order == 1) return {reshape(sum(abs(x), axes), result)};
  if (std::isinf(order)) {
    Value largest = abs(x);
    for (const int64_t axis : axes) largest = max(largest, axis);
    return {reshape(largest, result)};
  }
  const Value zero = graph.scalar(0.0, x.dtype());
  const Value one = graph.scalar(1.0, x.dtype());
  // Roots and powers see 1 in place of 0, where they have no derivative.
  const auto power = [&](Value base, double exponent) {
    const Value vanishes = equal(base, zero);
    return select(vanishes, zero, pow(select(vanishes, one, base), exponent));
  };
  const Value powers = order == 2 ? square(x) : power(abs(x), order);
  return {power(reshape(sum(powers, axes), result), 1 / order)};
}

}  // namespace

const Operator& norm_operator() {
  static const Operator op{.name = "norm", .infer = infer_norm, .define = define_norm};
  return op;
}

Value norm(Value x, const std::vector<int64_t>& axes, double order, bool keep) {
  return x.graph().apply(norm_operator(), {x},
                         {{"axes", resolve_axes(axes, x.shape().rank())},
                          {"order", order},
                          {"keep", static_cast<int64_t>(keep)}})[0];
}

}  // namespace castalia
