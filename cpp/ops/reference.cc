#include "cpp/ops/reference.h"

#include "cpp/base/status.h"

namespace castalia {
namespace {

Tensor elementwise_reference(const Operator& op, std::span<const Tensor> inputs) {
  Shape shape;
  for (const Tensor& input : inputs) shape = broadcast(shape, input.shape);
  std::vector<std::vector<double>> operands;
  for (const Tensor& input : inputs) {
    std::vector<double>& operand = operands.emplace_back();
    for_each_offset(shape, broadcast_strides(input.shape, shape),
                    [&](int64_t offset) { operand.push_back(input[offset]); });
  }
  Tensor out(shape);
  std::vector<double> element(operands.size());
  for (size_t i = 0; i < out.data.size(); ++i) {
    for (size_t k = 0; k < operands.size(); ++k) element[k] = operands[k][i];
    out.data[i] = op.scalar(element.data());
  }
  return out;
}

}  // namespace

bool has_reference(const Operator& op) {
  return static_cast<bool>(op.scalar) || find_reference(op.name) != nullptr;
}

std::vector<Tensor> reference(const Operator& op, const Attributes& attributes,
                              std::span<const Tensor> inputs) {
  if (op.scalar) return {elementwise_reference(op, inputs)};
  const Reference function = find_reference(op.name);
  check(function != nullptr, "operator '", op.name, "' has no reference");
  return function(attributes, inputs);
}

}  // namespace castalia
