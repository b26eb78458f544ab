#ifndef CASTALIA_CPP_OPS_SUM_OF_SQUARES_OP_H_
#define CASTALIA_CPP_OPS_SUM_OF_SQUARES_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

struct SumOfSquaresOptions {
  int64_t polynomials = 3;
  int64_t degree = 4;
  double min_derivative = 1e-3;
  double lower = -5;
  double upper = 5;

  Attributes attributes() const;
};
SumOfSquaresOptions sum_of_squares_options(const Attributes& attributes);

// The integral of a sum of squared polynomials (arXiv:1905.02325): on [lower, upper], with s the
// place there as a number in [-1, 1],
//   dy/dx = m + (1 - m) mean_k (1 + sum_j c_kj s^j)^2,  j from 0 to the degree,
// with m the floor min_derivative, and y = x + shift in the middle; outside, the map is continued
// along its tangents. Parameters: the coefficients of one polynomial after the other, then the
// shift. A monotone map of one number (monotone_parts.h). With zeros the linear coefficients are
// spread over [-0.2, 0.2], so that the polynomials can learn different things: the identity to
// within 0.014 inside, in units of half the interval.
const Operator& sum_of_squares_operator();

int64_t sum_of_squares_parameters(const SumOfSquaresOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SUM_OF_SQUARES_OP_H_
