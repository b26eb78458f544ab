#include "cpp/autodiff/placeholder.h"

#include "cpp/autodiff/differentiate.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_placeholder(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  expect_operands(inputs, 0);
  Shape shape;
  for (const int64_t extent : attributes.integers("shape")) shape.push_back(extent);
  return {{dtype_attribute(attributes, "dtype"), shape}};
}

std::vector<Value> define_placeholder(Graph& graph, std::span<const Value> inputs,
                                      const Attributes& attributes) {
  (void)inputs;
  return {zeros(graph, infer_placeholder({}, attributes)[0])};
}

const Operator& placeholder_operator() {
  static const Operator op{
      .name = "placeholder", .infer = infer_placeholder, .define = define_placeholder};
  return op;
}

}  // namespace

Value placeholder(Graph& graph, const TensorType& type) {
  return graph.apply(placeholder_operator(), {},
                     {{"number", static_cast<int64_t>(graph.nodes().size())},
                      {"shape", extents_of(type.shape)},
                      {"dtype", static_cast<int64_t>(type.dtype)}})[0];
}

}  // namespace castalia
