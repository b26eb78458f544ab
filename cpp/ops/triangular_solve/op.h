#ifndef CASTALIA_CPP_OPS_TRIANGULAR_SOLVE_OP_H_
#define CASTALIA_CPP_OPS_TRIANGULAR_SOLVE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& triangular_solve_operator();

struct TriangularSolveOptions {
  bool lower = true;           // which triangle of a is read
  bool transpose = false;      // solve with its transpose
  bool unit_diagonal = false;  // the diagonal is 1 and not read
};

// The x of T x = b for triangles T of matrices a (..., n, n) and right sides b (..., n, columns)
// with the same leading axes. Division by a zero on the diagonal gives infinities and NaN.
Value triangular_solve(Value a, Value b, const TriangularSolveOptions& options = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TRIANGULAR_SOLVE_OP_H_
