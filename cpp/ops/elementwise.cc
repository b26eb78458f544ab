#include "cpp/ops/elementwise.h"

#include <span>
#include <utility>

#include "cpp/ops/infer.h"

namespace castalia {

Operator make_elementwise(const std::string& name, const std::string& tile_operation, int operands,
                          std::function<double(const double*)> scalar, GradientRule gradient) {
  Operator op;
  op.name = name;
  op.elementwise = tile_operation;
  op.scalar = std::move(scalar);
  op.gradient = std::move(gradient);
  op.infer = [operands](std::span<const TensorType> inputs, const Attributes&) {
    expect_operands(inputs, operands);
    expect_floating(inputs[0]);
    TensorType out = inputs[0];
    for (const TensorType& input : inputs.subspan(1)) {
      expect_same_dtype(inputs[0], input);
      out.shape = broadcast(out.shape, input.shape);
    }
    return std::vector<TensorType>{out};
  };
  return op;
}

}  // namespace castalia
