#include "cpp/ops/min/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/max/op.h"
#include "cpp/ops/negate/op.h"

namespace castalia {
namespace {

std::vector<Value> define_min(Graph&, std::span<const Value> inputs, const Attributes& attributes) {
  const Value largest =
      max(negate(inputs[0]), attributes.integer("axis"), attributes.integer("keep") != 0);
  return {negate(largest)};
}

}  // namespace

const Operator& min_operator() {
  static const Operator op{.name = "min", .infer = infer_reduce_axis, .define = define_min};
  return op;
}

Value min(Value x, int64_t axis, bool keep) {
  return x.graph().apply(min_operator(), {x}, reduce_axis_attributes(x.shape(), axis, keep))[0];
}

}  // namespace castalia
