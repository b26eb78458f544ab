#include "cpp/prob/bijections/matrices.h"

#include <vector>

#include "cpp/ops/ops.h"
#include "cpp/ops/small_matrix.h"

namespace castalia {
namespace {

// Small against any direction's square, and representable in both types.
constexpr double kSmallestSquare = 1e-30;

Value log_total(Value logarithms) { return sum(cast(logarithms, DType::float64), {1}, true); }

}  // namespace

Value identity_matrix(Graph& graph, int64_t n, DType dtype) {
  std::vector<double> values(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) values[static_cast<size_t>(i * n + i)] = 1;
  return graph.constant({n, n}, dtype, values);
}

Value unpacked_upper(Value packed, int64_t n) {
  std::vector<int64_t> places;
  int64_t next = 0;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) places.push_back(j < i ? 0 : next++);
  }
  return triangle_of(reshape(take(packed, places), Shape{n, n}), false, 1.0);
}

Value with_diagonal(Value matrix, Value diagonal) {
  return select(identity_matrix(matrix.graph(), matrix.columns(), matrix.dtype()), diagonal,
                matrix);
}

Value diagonal_of(Value matrix) {
  const Value unit = identity_matrix(matrix.graph(), matrix.columns(), matrix.dtype());
  return sum(select(unit, matrix, matrix.graph().scalar(0.0, matrix.dtype())), {0}, true);
}

Value reflections_product(Value directions) {
  Graph& graph = directions.graph();
  const DType dtype = directions.dtype();
  const Value squares = sum(square(directions), {1}, true);
  const Value v = directions / sqrt(maximum(squares, graph.scalar(kSmallestSquare, dtype)));
  const Value products = triangle_of(matmul(v, v, false, true), false, 0.0);
  const Value s = products + 0.5 * identity_matrix(graph, directions.rows(), dtype);
  const Value solved = triangular_solve(s, v, {.lower = false});
  return identity_matrix(graph, directions.columns(), dtype) - matmul(v, solved, true);
}

InvertibleMatrix lu_matrix(Trace& trace, int64_t n) {
  const Value triangles = trace.parameter("triangles", {n, n}, Initializer::zeros);
  const Value unit = identity_matrix(trace.graph(), n, trace.dtype());
  const Value logarithms = diagonal_of(triangles);
  const Value lower = triangle_of(triangles, true, 0.0) + unit;
  const Value upper = with_diagonal(triangle_of(triangles, false, 0.0), exp(logarithms));
  const Value half = triangular_solve(lower, unit, {.lower = true, .unit_diagonal = true});
  return {matmul(lower, upper), triangular_solve(upper, half, {.lower = false}),
          log_total(logarithms)};
}

InvertibleMatrix qr_matrix(Trace& trace, int64_t n) {
  const Value packed = trace.parameter("triangle", {n * (n + 1) / 2}, Initializer::zeros);
  const Value triangle = unpacked_upper(packed, n);
  const Value logarithms = diagonal_of(triangle);
  const Value upper = with_diagonal(triangle, exp(logarithms));
  const Value q =
      reflections_product(trace.parameter("directions", {n, n}, Initializer::glorot_uniform));
  const Value unit = identity_matrix(trace.graph(), n, trace.dtype());
  const Value inverse_upper = triangular_solve(upper, unit, {.lower = false});
  return {matmul(upper, q), matmul(q, inverse_upper, true), log_total(logarithms)};
}

}  // namespace castalia
