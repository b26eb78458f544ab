// Networks of autoregressive layers: the parameters of feature d depend on the features before it.
#ifndef CASTALIA_CPP_PROB_AUTOREGRESSIVE_H_
#define CASTALIA_CPP_PROB_AUTOREGRESSIVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/ops/autoregressive_inverse/op.h"
#include "cpp/prob/transformer.h"

namespace castalia {

struct AutoregressiveOptions {
  int64_t hidden = 128;
  int64_t hidden_layers = 2;  // 1 or more
  std::string activation = "relu";
  // How many features the hidden units see: "even" spreads the units over all numbers that are of
  // use, "cyclic" counts 1, 2, ..., features - 1, 1, 2, ... (arXiv:1502.03509's public codes).
  std::string degrees = "even";
  // The context passes a layer with an activation of its own, not a linear map alone.
  bool context_activation = false;
};

// The degrees of the hidden units, rising. A unit of degree 0 sees the context alone; where there
// is a context or nothing else to see, the even ones start there.
std::vector<int64_t> hidden_degrees(const AutoregressiveOptions& options, int64_t features,
                                    bool context);

// A masked autoregressive network (MADE, arXiv:1502.03509). Its parameters are hidden_0.weight,
// hidden_0.bias, context.weight and context.bias (where there is a context), hidden_1.weight, ...
// and outputs.weight, outputs.bias, which start as zero: a transformer that is the identity at zero
// starts as such. The context, (rows, columns) of the trace's type, may be null.
AutoregressiveNetwork autoregressive_network(Trace& trace, int64_t features, Value context,
                                             int64_t parameters,
                                             const AutoregressiveOptions& options);

// y_d = transformer(x_d; params of x_0, ..., x_{d-1}) for all features in one pass, and the
// logarithm of the determinant, float64 (rows, 1).
Mapped autoregressive_forward(const AutoregressiveNetwork& network, const Transformer& transformer,
                              Value x);
// The same undone, at about the same cost (cpp/ops/autoregressive_inverse/op.h).
Mapped autoregressive_backward(const AutoregressiveNetwork& network, const Transformer& transformer,
                               Value y);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_AUTOREGRESSIVE_H_
