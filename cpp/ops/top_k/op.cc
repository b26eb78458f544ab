#include "cpp/ops/top_k/op.h"

#include "cpp/ops/arg_top_k/op.h"
#include "cpp/ops/gather/op.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_top_k(std::span<const TensorType> inputs,
                                    const Attributes& attributes) {
  return {{inputs[0].dtype, arg_top_k_operator().infer(inputs, attributes)[0].shape}};
}

std::vector<Value> define_top_k(Graph&, std::span<const Value> inputs,
                                const Attributes& attributes) {
  const int64_t axis = attributes.integer("axis");
  return {gather(inputs[0], arg_top_k(inputs[0], attributes.integer("count"), axis), axis)};
}

}  // namespace

const Operator& top_k_operator() {
  static const Operator op{.name = "top_k", .infer = infer_top_k, .define = define_top_k};
  return op;
}

Value top_k(Value x, int64_t count, int64_t axis) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(top_k_operator(), {x}, {{"axis", resolved}, {"count", count}})[0];
}

}  // namespace castalia
