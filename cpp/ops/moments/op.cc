#include "cpp/ops/moments/op.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/cast/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/partial_moments/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

double rows_at_least_one(const Shape& x) { return static_cast<double>(std::max<int64_t>(1, x[0])); }

std::vector<TensorType> infer_moments(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const Shape& x = inputs[0].shape;
  if (x.rank() != 2) fail(Code::shape_mismatch, "takes (rows, columns), not ", inputs[0]);
  const TensorType out{inputs[0].dtype, {x[1]}};
  return {out, out};
}

// The squares of all rows from those of the tiles: each tile adds what its mean differs from the
// mean of all.
std::vector<Value> define_moments(Graph& graph, std::span<const Value> inputs, const Attributes&) {
  const Value x = inputs[0];
  const int64_t together = moment_tile_rows(x.columns());
  std::vector<double> counts;
  for (int64_t row = 0; row < x.rows(); row += together) {
    counts.push_back(static_cast<double>(std::min(together, x.rows() - row)));
  }
  const Value rows =
      graph.constant({static_cast<int64_t>(counts.size()), 1}, DType::float64, counts);
  const double inverse = 1.0 / rows_at_least_one(x.shape());
  const PartialMoments tiles = partial_moments(x);
  const Value mean = sum(tiles.sums, {0}, false) * inverse;
  const Value shifts = rows * square(tiles.sums / rows - mean);
  const Value variance = sum(tiles.squares + shifts, {0}, false) * inverse;
  return {cast(mean, x.dtype()), cast(variance, x.dtype())};
}

std::vector<Value> differentiate_moments(const GradientRequest& r) {
  const Value x = r.inputs[0];
  const double inverse = 1.0 / rows_at_least_one(x.shape());
  const Value twice = r.gradients[1] * (2.0 * inverse);
  return {(x - r.outputs[0]) * twice + r.gradients[0] * inverse};
}

}  // namespace

const Operator& moments_operator() {
  static const Operator op{.name = "moments",
                           .infer = infer_moments,
                           .gradient = differentiate_moments,
                           .define = define_moments};
  return op;
}

Moments moments(Value x) {
  const std::vector<Value> out = x.graph().apply(moments_operator(), {x});
  return {out[0], out[1]};
}

}  // namespace castalia
