// Matrices with a known determinant and inverse, from parameters without constraint. They multiply
// rows from the right: y = x matrix.
#ifndef CASTALIA_CPP_PROB_BIJECTIONS_MATRICES_H_
#define CASTALIA_CPP_PROB_BIJECTIONS_MATRICES_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

struct InvertibleMatrix {
  Value matrix;       // (n, n)
  Value inverse;      // (n, n); not computed unless it is used
  Value log_abs_det;  // float64 (1, 1)
};

// L U with a unit lower triangle L and an upper triangle U with exponentials on its diagonal. The
// parameter "triangles" (n, n) holds both, first zero: the identity.
InvertibleMatrix lu_matrix(Trace& trace, int64_t n);

// R Q with an upper triangle R as above, the parameter "triangle" (n (n + 1) / 2), first the
// identity, and Q the product of n reflections, the parameter "directions" (n, n).
InvertibleMatrix qr_matrix(Trace& trace, int64_t n);

// The orthogonal n x n matrix that is the product of reflections along the rows of `directions`
// (count, n); a row of zeros reflects nothing. All at once, by the triangle S with S + S' = V V',
// V being the normalised rows: Q = 1 - V' S^-1 V (C. Puglisi, SIAM J. Sci. Stat. Comput. 13, 1992,
// 723; Householder flows: arXiv:1611.09630).
Value reflections_product(Value directions);

Value identity_matrix(Graph& graph, int64_t n, DType dtype);

// The upper triangle, its diagonal included, whose elements are packed row by row.
Value unpacked_upper(Value packed, int64_t n);

// The same matrix with another diagonal, (1, n).
Value with_diagonal(Value matrix, Value diagonal);
// (1, n)
Value diagonal_of(Value matrix);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTIONS_MATRICES_H_
