#include "cpp/ops/normalization.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"

namespace castalia {

void expect_normalizable(std::span<const TensorType> inputs, const Shape& affine,
                         const Attributes& attributes) {
  check(!inputs.empty() && inputs.size() <= 3, "takes 1 to 3 operands, not ", inputs.size());
  expect_floating(inputs[0]);
  for (const TensorType& input : inputs.subspan(1)) {
    expect_same_dtype(inputs[0], input);
    if (!(input.shape == affine)) {
      fail(Code::shape_mismatch, inputs[0], " takes a scale and a bias of shape ", affine, ", not ",
           input);
    }
  }
  const double epsilon = attributes.real("epsilon");
  if (!(epsilon > 0)) fail(Code::out_of_range, "epsilon is ", epsilon, "; allowed: above 0");
}

std::vector<Value> given_operands(Value x, Value scale, Value bias) {
  if (bias && !scale) fail(Code::invalid_argument, "a normalisation with a bias needs a scale");
  std::vector<Value> operands = {x};
  if (scale) operands.push_back(scale);
  if (bias) operands.push_back(bias);
  return operands;
}

Value operand_or_null(std::span<const Value> inputs, size_t i) {
  return i < inputs.size() ? inputs[i] : Value();
}

Normalized normalized(Value x, const Attributes& attributes) {
  const bool centred = attributes.integer("centred") != 0;
  const Value difference = centred ? x - mean(x, {1, 3}) : x;
  const Value variance = mean(square(difference), {1, 3});
  return {difference, reciprocal(sqrt(variance + attributes.real("epsilon")))};
}

int64_t normalize_tile_rows(const Shape& shape) {
  constexpr int64_t kTileElements = 16384;
  return std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, shape.count(1, shape.rank())));
}

}  // namespace castalia
