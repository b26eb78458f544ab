#include "cpp/ops/product/op.h"

#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/concat/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/slice/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_product(std::span<const TensorType> inputs,
                                      const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const int64_t axis = resolve_axis(attributes.integer("axis"), inputs[0].shape.rank());
  return {{inputs[0].dtype,
           reduced_shape(inputs[0].shape, {&axis, 1}, attributes.integer("keep") != 0)}};
}

// Halves are multiplied element by element, and again: products of products, whose derivatives
// need no quotient.
std::vector<Value> define_product(Graph& graph, std::span<const Value> inputs,
                                  const Attributes& attributes) {
  Value x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const Shape result = reduced_shape(x.shape(), {&axis, 1}, attributes.integer("keep") != 0);
  const auto extent = [&] { return x.shape()[static_cast<int>(axis)]; };
  if (extent() == 0) return {broadcast_to(graph.scalar(1.0, x.dtype()), result)};
  while (extent() > 1) {
    const int64_t half = extent() / 2;
    const Value halves = slice(x, axis, 0, half) * slice(x, axis, half, 2 * half);
    x = extent() % 2 == 0 ? halves : concat({halves, slice(x, axis, 2 * half, extent())}, axis);
  }
  return {reshape(x, result)};
}

}  // namespace

const Operator& product_operator() {
  static const Operator op{.name = "product", .infer = infer_product, .define = define_product};
  return op;
}

Value product(Value x, int64_t axis, bool keep) {
  return x.graph().apply(product_operator(), {x}, reduce_axis_attributes(x.shape(), axis, keep))[0];
}

}  // namespace castalia
