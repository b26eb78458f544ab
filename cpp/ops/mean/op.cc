#include "cpp/ops/mean/op.h"

#include <numeric>

#include "cpp/ops/cast/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_mean(std::span<const TensorType> inputs,
                                   const Attributes& attributes) {
  return sum_operator().infer(inputs, attributes);
}

std::vector<Value> define_mean(Graph&, std::span<const Value> inputs,
                               const Attributes& attributes) {
  const std::vector<int64_t>& axes = attributes.integers("axes");
  int64_t summed = 1;
  for (const int64_t axis : axes) summed *= inputs[0].shape()[static_cast<int>(axis)];
  const bool keep = attributes.integer("keep") != 0;
  const Value total = sum(inputs[0], axes, keep, DType::float64);
  return {cast(total * (1.0 / static_cast<double>(summed)), dtype_attribute(attributes, "dtype"))};
}

}  // namespace

const Operator& mean_operator() {
  static const Operator op{.name = "mean", .infer = infer_mean, .define = define_mean};
  return op;
}

Value mean(Value x, const std::vector<int64_t>& axes, bool keep) {
  return mean(x, axes, keep, x.dtype());
}

Value mean(Value x, const std::vector<int64_t>& axes, bool keep, DType dtype) {
  if (axes.empty()) return cast(x, dtype);
  return x.graph().apply(mean_operator(), {x},
                         {{"axes", resolve_axes(axes, x.shape().rank())},
                          {"keep", static_cast<int64_t>(keep)},
                          {"dtype", static_cast<int64_t>(dtype)}})[0];
}

Value mean(Value x) {
  std::vector<int64_t> axes(static_cast<size_t>(x.shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return mean(x, axes, false);
}

}  // namespace castalia
