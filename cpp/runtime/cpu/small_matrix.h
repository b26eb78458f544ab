// Factorisations of small square matrices, row-major, in double and in place. Plain loops: for
// matrices of a few rows, of which there are many, calls and blocking cost more than they save.
//
// Nothing here allocates; any thread may call.
#ifndef CASTALIA_CPP_RUNTIME_CPU_SMALL_MATRIX_H_
#define CASTALIA_CPP_RUNTIME_CPU_SMALL_MATRIX_H_

#include <cstdint>

namespace castalia::cpu {

// P A = L U by Gaussian elimination with row pivoting: U on and above the diagonal, L, whose
// diagonal is 1, below. Row i of P A is row rows[i] of A. Returns the sign of the permutation, or 0
// when a column has no element to divide by, and a is then not a factorisation. A NaN in A gives
// NaN.
int factorize_lu(int64_t n, double* a, int64_t* rows);

// A = L L^T from the lower triangle of A, which L replaces; the upper triangle becomes 0. False
// when A is not positive definite, or holds a NaN.
bool factorize_cholesky(int64_t n, double* a);

struct Triangle {
  bool lower = true;
  bool transpose = false;      // solve with the transpose of the triangle
  bool unit_diagonal = false;  // the diagonal is 1 and not read
};

// b, (n, columns), becomes the x of T x = b. Elements outside the triangle are not read. Division
// by a zero on the diagonal gives infinities and NaN.
void solve_triangular(int64_t n, int64_t columns, const double* a, const Triangle& triangle,
                      double* b);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_SMALL_MATRIX_H_
