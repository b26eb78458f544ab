#include "cpp/ops/selu/op.h"

#include "cpp/ops/elu/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {
namespace {

std::vector<Value> define_selu(Graph&, std::span<const Value> inputs, const Attributes&) {
  constexpr double kScale = 1.0507009873554804934193349852946;
  constexpr double kAlpha = 1.6732632423543772848170429916717;
  return {kScale * elu(inputs[0], kAlpha)};
}

}  // namespace

const Operator& selu_operator() {
  static const Operator op{.name = "selu", .infer = infer_unary, .define = define_selu};
  return op;
}

Value selu(Value x) { return x.graph().apply(selu_operator(), {x})[0]; }

}  // namespace castalia
