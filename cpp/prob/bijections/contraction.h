// Matrices that are contractions by construction.
#ifndef CASTALIA_CPP_PROB_BIJECTIONS_CONTRACTION_H_
#define CASTALIA_CPP_PROB_BIJECTIONS_CONTRACTION_H_

#include "cpp/graph/graph.h"

namespace castalia {

// An upper bound of the largest singular value of a matrix, of shape [1, 1], by Gram iteration
// (arXiv:2305.16173): the matrix times its transpose, squared again and again, and the Frobenius
// norm of that. Unlike power iteration, which comes from below, it never lies below the singular
// value but for rounding; it lies above by a factor of at most rank^(1/128).
Value singular_value_bound(Value matrix);

// The matrix, scaled down where its bound is above `greatest`: no singular value lies above it.
Value contracted(Value matrix, double greatest);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTIONS_CONTRACTION_H_
