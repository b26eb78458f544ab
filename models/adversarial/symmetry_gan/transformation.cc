#include "models/adversarial/symmetry_gan/transformation.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

// Of one matrix, for so many rows.
Value log_volume(Value matrix, int64_t rows) {
  return broadcast_to(reshape(cast(log_determinant(matrix).log_abs, kDouble), Shape{1, 1}),
                      {rows, 1});
}

Value matrix_of(Trace& trace, Value y) {
  const int64_t columns = y.shape()[1];
  return cast(trace.parameter("matrix", {columns, columns}, Initializer::glorot_uniform),
              y.dtype());
}

Value shift_of(Trace& trace, Value y) {
  return cast(trace.parameter("shift", {1, y.shape()[1]}, Initializer::zeros), y.dtype());
}

}  // namespace

std::pair<Value, Value> Rotation::turned(Trace& trace, Value y, double sign) const {
  const int64_t rows = y.rows();
  const int64_t angles = shared ? 1 : planes;
  // First values lie in (-limit, limit).
  const double limit = std::sqrt(6.0 / static_cast<double>(1 + angles));
  const Value turns =
      cast(trace.parameter("turns", {1, angles}, Initializer::glorot_uniform), y.dtype());
  const Value angle = reshape((std::numbers::pi / limit) * turns, Shape{1, angles, 1});
  const Value cosine = cos(angle);
  const Value sine = sign * sin(angle);
  const Value plane = reshape(slice(y, 1, 0, 2 * planes), Shape{rows, planes, 2});
  const Value a = slice(plane, 2, 0, 1);
  const Value b = slice(plane, 2, 1, 2);
  const Value turned =
      reshape(concat({cosine * a - sine * b, sine * a + cosine * b}, 2), Shape{rows, 2 * planes});
  std::vector<Value> parts = {turned};
  const int64_t columns = y.shape()[1];
  if (columns > 2 * planes) parts.push_back(slice(y, 1, 2 * planes, columns));
  return {concat(parts, 1), broadcast_to(trace.graph().scalar(0, kDouble), {rows, 1})};
}

std::pair<Value, Value> LinearMap::apply(Trace& trace, Value y) const {
  const Value matrix = matrix_of(trace, y);
  Value mapped = matmul(y, matrix);
  if (shifts) mapped = mapped + shift_of(trace, y);
  return {mapped, log_volume(matrix, y.rows())};
}

std::pair<Value, Value> LinearMap::undo(Trace& trace, Value y) const {
  const Value matrix = matrix_of(trace, y);
  if (shifts) y = y - shift_of(trace, y);
  return {matmul(y, inverse(matrix)), negate(log_volume(matrix, y.rows()))};
}

std::pair<Value, Value> DenseMap::apply(Trace& trace, Value y) const {
  const Value mapped = mlp(trace, y, options);
  const int64_t rows = y.rows();
  const int64_t columns = y.shape()[1];
  std::vector<Value> slopes;  // of each result, one row of the Jacobian
  for (int64_t j = 0; j < columns; ++j) {
    const Value of_one = sum(slice(mapped, 1, j, j + 1), {0, 1}, false);
    slopes.push_back(reshape(gradient(of_one, {&y, 1})[0], Shape{rows, 1, columns}));
  }
  const Value jacobian = cast(concat(slopes, 1), kDouble);
  return {mapped, reshape(log_determinant(jacobian).log_abs, Shape{rows, 1})};
}

}  // namespace castalia
