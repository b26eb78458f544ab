#include "cpp/ops/gelu_by_tanh/op.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/add/op.h"
#include "cpp/ops/clamp/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/maximum/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sigmoid/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {
namespace {

std::vector<Value> define_gelu_by_tanh(Graph& graph, std::span<const Value> inputs,
                                       const Attributes&) {
  const Value x = inputs[0];
  // (1 + tanh(u)) / 2 = sigmoid(2 u). Beyond the limit it is 0 or 1 to every digit, while the cube
  // in u would overflow.
  constexpr double kLimit = 10.0;
  const Value bounded = clamp(x, -kLimit, kLimit);
  const double scale = std::sqrt(8 / std::numbers::pi);
  const Value u = bounded * (scale + (scale * 0.044715) * square(bounded));
  return {maximum(x, graph.scalar(-kLimit, x.dtype())) * sigmoid(u)};
}

}  // namespace

const Operator& gelu_by_tanh_operator() {
  static const Operator op{
      .name = "gelu_by_tanh", .infer = infer_unary, .define = define_gelu_by_tanh};
  return op;
}

Value gelu_by_tanh(Value x) { return x.graph().apply(gelu_by_tanh_operator(), {x})[0]; }

}  // namespace castalia
