#include "cpp/ops/argmin/op.h"

#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_argmin(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  return {{DType::int64, infer_reduce_axis(inputs, attributes)[0].shape}};
}

}  // namespace

const Operator& argmin_operator() {
  static const Operator op{
      .name = "argmin", .infer = infer_argmin, .no_gradient = "it is a whole number"};
  return op;
}

Value argmin(Value x, int64_t axis, bool keep) {
  return x.graph().apply(argmin_operator(), {x}, reduce_axis_attributes(x.shape(), axis, keep))[0];
}

}  // namespace castalia
