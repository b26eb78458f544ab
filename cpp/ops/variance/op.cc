#include "cpp/ops/variance/op.h"

#include <algorithm>

#include "cpp/ops/cast/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/mean/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/not_equal/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_variance(std::span<const TensorType> inputs,
                                       const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const std::vector<int64_t> axes =
      resolve_axes(attributes.integers("axes"), inputs[0].shape.rank());
  return {{inputs[0].dtype, reduced_shape(inputs[0].shape, axes, attributes.integer("keep") != 0)}};
}

std::vector<Value> define_variance(Graph&, std::span<const Value> inputs,
                                   const Attributes& attributes) {
  const Value x = inputs[0];
  const std::vector<int64_t>& axes = attributes.integers("axes");
  int64_t elements = 1;
  for (const int64_t axis : axes) elements *= x.shape()[static_cast<int>(axis)];
  const int64_t divisor = std::max<int64_t>(0, elements - attributes.integer("correction"));
  const bool keep = attributes.integer("keep") != 0;
  const Value total = sum(square(x - mean(x, axes)), axes, keep, DType::float64);
  return {cast(total * (1.0 / static_cast<double>(divisor)), x.dtype())};
}

}  // namespace

const Operator& variance_operator() {
  static const Operator op{.name = "variance", .infer = infer_variance, .define = define_variance};
  return op;
}

Value variance(Value x, const std::vector<int64_t>& axes, bool keep, int64_t correction) {
  return x.graph().apply(variance_operator(), {x},
                         {{"axes", resolve_axes(axes, x.shape().rank())},
                          {"keep", static_cast<int64_t>(keep)},
                          {"correction", correction}})[0];
}

Value standard_deviation(Value x, const std::vector<int64_t>& axes, bool keep, int64_t correction) {
  const Value squared = variance(x, axes, keep, correction);
  const Value zero = x.graph().scalar(0.0, x.dtype());
  const Value one = x.graph().scalar(1.0, x.dtype());
  // The root sees 1 in place of 0, where it has no derivative.
  const Value varies = not_equal(squared, zero);
  return select(varies, sqrt(select(varies, squared, one)), zero);
}

}  // namespace castalia
