#ifndef CASTALIA_CPP_OPS_CONTRACTION_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_CONTRACTION_INVERSE_OP_H_

#include <span>
#include <string>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& contraction_inverse_operator();

// The x (rows, n) of x + g(x) = y for a perceptron g with a Lipschitz constant of at most
// `contraction` < 1: the fixed point of x = y - g(x), iterated row by row until it stands, which
// takes at most log(precision) / log(contraction) steps. g multiplies a row by the first weight
// (n, m), adds the first bias (1, m) or (rows, m), applies the activation, "lipswish" (silu / 1.1),
// "elu" or "tanh", and so on; after the last weight and bias there is none. In float64 inside.
Value contraction_inverse(Value y, std::span<const Value> weights, std::span<const Value> biases,
                          const std::string& activation, double contraction);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONTRACTION_INVERSE_OP_H_
