// Decompositions of symmetric matrices in double: Cholesky factors and eigenvalues.
//
// Matrices are (n, n), row-major and dense. Scratch starts on a 64-byte boundary. Everything runs
// on the calling thread and nothing is allocated; any thread may call, each with scratch of its
// own. The bits depend on the matrix and the instruction set alone.
#ifndef CASTALIA_CPP_RUNTIME_CPU_SYMMETRIC_H_
#define CASTALIA_CPP_RUNTIME_CPU_SYMMETRIC_H_

#include <cstddef>
#include <cstdint>

namespace castalia::cpu {

size_t cholesky_scratch_bytes(int64_t n);

// The upper triangle of A becomes that of U, with A = U' U; what is below the diagonal is neither
// read nor changed. False, with A spoiled, where a pivot is not positive.
bool cholesky(int64_t n, double* a, std::byte* scratch);

size_t symmetric_eigenvalues_scratch_bytes(int64_t n);

// The eigenvalues of A, of which only the lower triangle is read, to `values` (n), in no order.
// Each is good to some roundings of the largest. False where they do not converge, as when A is not
// finite. By Householder's reduction to a tridiagonal matrix, and the iteration of Pal, Walker and
// Kahan without square roots (Parlett, The Symmetric Eigenvalue Problem, section 8.15).
bool symmetric_eigenvalues(int64_t n, const double* a, double* values, std::byte* scratch);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_SYMMETRIC_H_
