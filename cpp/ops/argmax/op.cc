#include "cpp/ops/argmax/op.h"

#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_argmax(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  return {{DType::int64, infer_reduce_axis(inputs, attributes)[0].shape}};
}

}  // namespace

const Operator& argmax_operator() {
  static const Operator op{
      .name = "argmax", .infer = infer_argmax, .no_gradient = "it is a whole number"};
  return op;
}

Value argmax(Value x, int64_t axis, bool keep) {
  return x.graph().apply(argmax_operator(), {x}, reduce_axis_attributes(x.shape(), axis, keep))[0];
}

}  // namespace castalia
