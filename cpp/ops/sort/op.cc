#include "cpp/ops/sort/op.h"

#include "cpp/ops/argsort/op.h"
#include "cpp/ops/gather/op.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_sort(std::span<const TensorType> inputs,
                                   const Attributes& attributes) {
  return {{inputs[0].dtype, argsort_operator().infer(inputs, attributes)[0].shape}};
}

std::vector<Value> define_sort(Graph&, std::span<const Value> inputs,
                               const Attributes& attributes) {
  const int64_t axis = attributes.integer("axis");
  const Value order = argsort(inputs[0], axis, attributes.integer("descending") != 0);
  return {gather(inputs[0], order, axis)};
}

}  // namespace

const Operator& sort_operator() {
  static const Operator op{.name = "sort", .infer = infer_sort, .define = define_sort};
  return op;
}

Value sort(Value x, int64_t axis, bool descending) {
  return x.graph().apply(sort_operator(), {x},
                         {{"axis", static_cast<int64_t>(resolve_axis(axis, x.shape().rank()))},
                          {"descending", static_cast<int64_t>(descending)}})[0];
}

}  // namespace castalia
