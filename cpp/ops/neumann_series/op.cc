#include "cpp/ops/neumann_series/op.h"

#include <vector>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

// The operands in their order: v, u, first weight, first slope, second weight, ..., last weight.
std::vector<TensorType> infer_neumann_series(std::span<const TensorType> inputs,
                                             const Attributes& attributes) {
  if (inputs.size() < 3 || inputs.size() % 2 == 0) {
    fail(Code::shape_mismatch, "takes v, u, weights and a slope between any two of them, not ",
         inputs.size(), " operands");
  }
  const TensorType& v = inputs[0];
  expect_floating(v);
  for (const TensorType& each : inputs) expect_same_dtype(v, each);
  if (v.shape.rank() != 2) fail(Code::shape_mismatch, "takes v of shape (rows, n), not ", v);
  const int64_t rows = v.shape[0];
  if (!(inputs[1].shape == Shape{rows, 1})) {
    fail(Code::shape_mismatch, "takes u of shape (", rows, ", 1), not ", inputs[1]);
  }
  int64_t width = v.shape[1];
  for (size_t i = 2; i < inputs.size(); i += 2) {
    const TensorType& weight = inputs[i];
    if (weight.shape.rank() != 2 || weight.shape[0] != width) {
      fail(Code::shape_mismatch, "a weight ", weight, " does not take rows of ", width);
    }
    width = weight.shape[1];
    if (i + 1 < inputs.size() && !(inputs[i + 1].shape == Shape{rows, width})) {
      fail(Code::shape_mismatch, "slopes ", inputs[i + 1], " do not fit rows of ", width);
    }
  }
  if (width != v.shape[1]) {
    fail(Code::shape_mismatch, "the last weight gives rows of ", width, " for v ", v);
  }
  if (attributes.integer("sure") < 1) {
    fail(Code::out_of_range, "sure is ", attributes.integer("sure"), "; allowed: 1 or more");
  }
  const double proceed = attributes.real("proceed");
  if (!(proceed > 0 && proceed < 1)) {
    fail(Code::out_of_range, "proceed is ", proceed, "; allowed: between 0 and 1");
  }
  return {{DType::float64, {rows, 1}}, v};
}

}  // namespace

const Operator& neumann_series_operator() {
  static const Operator op{
      .name = "neumann_series",
      .infer = infer_neumann_series,
      .no_gradient = "its second result is what the gradient of the first is made of"};
  return op;
}

std::pair<Value, Value> neumann_series(Value v, Value u, std::span<const Value> weights,
                                       std::span<const Value> slopes, int64_t sure,
                                       double proceed) {
  check(weights.size() == slopes.size() + 1, weights.size(), " weights and ", slopes.size(),
        " slopes");
  std::vector<Value> operands = {v, u};
  for (size_t i = 0; i < weights.size(); ++i) {
    operands.push_back(weights[i]);
    if (i < slopes.size()) operands.push_back(slopes[i]);
  }
  const auto results =
      v.graph().apply(neumann_series_operator(), operands, {{"sure", sure}, {"proceed", proceed}});
  return {results[0], results[1]};
}

}  // namespace castalia
