#ifndef CASTALIA_CPP_OPS_AUTOREGRESSIVE_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_AUTOREGRESSIVE_INVERSE_OP_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The network of an autoregressive layer (arXiv:1502.03509) and the map of each feature whose
// parameters it computes. With H hidden units in every layer, D features and P parameters each:
//   h_0 = activation(x w_0 + first)       w_0 (D, H); first (rows or 1, H): the bias and what a
//                                         context adds to it
//   h_l = activation(h_{l-1} w_l + b_l)   w_l (H, H), b_l (H)
//   params = h w + b                      w (H, D P), b (D P), feature by feature
// Unit u sees the first degrees[u] features, in h_l the units of its degree or less, and feature d
// the units whose degree is d or less.
struct AutoregressiveNetwork {
  struct Hidden {
    Value weight;
    Value bias;
  };
  Value first_weight;
  Value first;
  std::vector<Hidden> further;  // hidden layers after the first
  Value last_weight;
  Value last_bias;
  std::vector<int64_t> degrees;  // rising
  std::string activation = "relu";

  // What each column of the weights sees, for masked_matmul.
  std::vector<int64_t> hidden_reach() const;  // of a further hidden layer
  std::vector<int64_t> last_reach(int64_t features) const;

  // (rows, D P) for all features at once.
  Value params(Value x) const;
};

const Operator& autoregressive_inverse_operator();

// The x (rows, D) that has x_d = inverse(y_d, params_d(x_0, ..., x_{d-1})) for every feature, and
// the logarithms of the derivatives dx_d / dy_d, (rows, D). The inverse is an operator on (rows, 1)
// arguments and (rows, P) parameters with two results of the arguments' shape, such as
// rq_spline_inverse. It costs one pass through the network, not D: every hidden unit is computed
// once, when the features that it sees are known. Every result has the bits that D passes give.
std::pair<Value, Value> autoregressive_inverse(Value y, const AutoregressiveNetwork& network,
                                               const Operator& inverse,
                                               const Attributes& inverse_attributes);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AUTOREGRESSIVE_INVERSE_OP_H_
