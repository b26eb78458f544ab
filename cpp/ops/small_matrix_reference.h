// Determinants and solutions by other ways than the kernels': what these are tested against.
#ifndef CASTALIA_CPP_OPS_SMALL_MATRIX_REFERENCE_H_
#define CASTALIA_CPP_OPS_SMALL_MATRIX_REFERENCE_H_

#include <cstdint>
#include <vector>

#include "cpp/ops/reference.h"

namespace castalia {

// By Laplace's expansion, over sets of columns: 2^n n steps.
double expand_determinant(const double* a, int64_t n);

// The solution (n, columns) of a x = b by Gauss's and Jordan's elimination with full pivoting; all
// NaN when a is singular.
std::vector<double> eliminate(const double* a, int64_t n, const double* b, int64_t columns);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SMALL_MATRIX_REFERENCE_H_
