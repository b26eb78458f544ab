#include "cpp/ops/partial_moments/op.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_partial_moments(std::span<const TensorType> inputs,
                                              const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const Shape& x = inputs[0].shape;
  if (x.rank() != 2) fail(Code::shape_mismatch, "takes (rows, columns), not ", inputs[0]);
  const int64_t rows = moment_tile_rows(x[1]);
  const TensorType out{DType::float64, {(x[0] + rows - 1) / rows, x[1]}};
  return {out, out};
}

}  // namespace

const Operator& partial_moments_operator() {
  static const Operator op{.name = "partial_moments",
                           .infer = infer_partial_moments,
                           .no_gradient = "moments, whose first stage it is, has its own"};
  return op;
}

int64_t moment_tile_rows(int64_t columns) {
  return std::max<int64_t>(64, 16384 / std::max<int64_t>(1, columns));
}

PartialMoments partial_moments(Value x) {
  const std::vector<Value> out = x.graph().apply(partial_moments_operator(), {x});
  return {out[0], out[1]};
}

}  // namespace castalia
