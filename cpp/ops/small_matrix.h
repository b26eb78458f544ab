// What the operators on small square matrices share. Matrices are the last two axes; those before
// them are many matrices.
#ifndef CASTALIA_CPP_OPS_SMALL_MATRIX_H_
#define CASTALIA_CPP_OPS_SMALL_MATRIX_H_

#include <span>

#include "cpp/graph/graph.h"

namespace castalia {

// An Error unless the type is floating and its last two extents are equal.
void expect_square(const TensorType& type);
// An Error unless b is (..., n, columns) next to matrices a (..., n, n) with the same leading axes.
void expect_right_sides(const TensorType& a, const TensorType& b);

// The last two axes exchanged.
Value transposed(Value matrices);

// Keeps the elements of one triangle and sets the others to 0; the diagonal is multiplied by a
// number, 0 included.
Value triangle_of(Value matrices, bool lower, double diagonal);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SMALL_MATRIX_H_
