// Rules of numerical integration.
#ifndef CASTALIA_CPP_BASE_QUADRATURE_H_
#define CASTALIA_CPP_BASE_QUADRATURE_H_

#include <vector>

namespace castalia {

// The integral of f over [0, 1] is about the sum of weights[i] f(nodes[i]). Nodes ascend, weights
// are positive and add up to 1.
struct Quadrature {
  std::vector<double> nodes;
  std::vector<double> weights;
};

// Exact, to rounding, for polynomials of degree 2 points - 1. points >= 1.
Quadrature gauss_legendre(int points);

// The rule of Clenshaw and Curtis: intervals + 1 points, both ends among them, exact for
// polynomials of degree `intervals`. intervals >= 2 and even.
Quadrature clenshaw_curtis(int intervals);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_QUADRATURE_H_
