// Operands for the operators on small matrices.
#ifndef CASTALIA_CPP_OPS_SMALL_MATRIX_CASES_H_
#define CASTALIA_CPP_OPS_SMALL_MATRIX_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

// Matrices far from singular, whose lower triangles are also those of positive definite matrices.
CaseOperand regular_matrices(const Shape& shape);

// Given matrices that have no gradient.
CaseOperand not_differentiated(const Shape& shape, std::vector<double> values);

// Shapes of square matrices: none, empty, of one element, small, many.
std::vector<Shape> matrix_shapes();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SMALL_MATRIX_CASES_H_
