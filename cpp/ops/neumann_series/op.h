#ifndef CASTALIA_CPP_OPS_NEUMANN_SERIES_OP_H_
#define CASTALIA_CPP_OPS_NEUMANN_SERIES_OP_H_

#include <span>
#include <utility>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& neumann_series_operator();

// Estimates of log det(1 + M) and of its gradient by a power series that stops at random (Russian
// roulette, arXiv:1906.02735). M is a product of matrices for each row, W1 diag(s1) W2 diag(s2) ...
// WL, as the Jacobian of a perceptron is: weights W (n, m1), (m1, m2), ..., (., n), slopes s
// (rows, m1), (rows, m2), ..., one fewer. v (rows, n) are probes with E[v v^T] = 1, u (rows, 1) of
// v's type are uniform in (0, 1]. With N = sure + floor(log u / log proceed) terms, of which the
// k-th is there with probability p(k) = proceed^max(0, k - sure),
//   first, float64 (rows, 1):   sum over k = 1..N of (-1)^(k+1) / (k p(k)) v M^k v^T
//   second, (rows, n):     y =  sum over k = 0..N of (-1)^k / p(k) v M^k
// whose expectations are log det(1 + M) and, as y dM v^T, its differential, where M is a
// contraction. With u = 1 both are series cut off after `sure` terms. In float64 inside.
std::pair<Value, Value> neumann_series(Value v, Value u, std::span<const Value> weights,
                                       std::span<const Value> slopes, int64_t sure, double proceed);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NEUMANN_SERIES_OP_H_
