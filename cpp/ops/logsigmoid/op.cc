#include "cpp/ops/logsigmoid/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/softplus/op.h"

namespace castalia {
namespace {

std::vector<Value> define_logsigmoid(Graph&, std::span<const Value> inputs, const Attributes&) {
  return {negate(softplus(negate(inputs[0])))};
}

}  // namespace

const Operator& logsigmoid_operator() {
  static const Operator op{.name = "logsigmoid", .infer = infer_unary, .define = define_logsigmoid};
  return op;
}

Value logsigmoid(Value x) { return x.graph().apply(logsigmoid_operator(), {x})[0]; }

}  // namespace castalia
