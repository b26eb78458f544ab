#include "cpp/ops/silu/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sigmoid/op.h"

namespace castalia {
namespace {

std::vector<Value> define_silu(Graph&, std::span<const Value> inputs, const Attributes&) {
  return {inputs[0] * sigmoid(inputs[0])};
}

}  // namespace

const Operator& silu_operator() {
  static const Operator op{.name = "silu", .infer = infer_unary, .define = define_silu};
  return op;
}

Value silu(Value x) { return x.graph().apply(silu_operator(), {x})[0]; }

}  // namespace castalia
