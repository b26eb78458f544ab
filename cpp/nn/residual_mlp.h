// Perceptrons of residual blocks.
#ifndef CASTALIA_CPP_NN_RESIDUAL_MLP_H_
#define CASTALIA_CPP_NN_RESIDUAL_MLP_H_

#include "cpp/graph/graph.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"

namespace castalia {

// x, (rows, inputs), through a linear layer and hidden_layers blocks of two layers beside the
// identity, which the activation leads into (arXiv:1603.05027): (rows, hidden). Where there is a
// gate, (rows, any columns), a sigmoid of it scales what a block adds. `outputs` and `zero_last`
// are not used. The layers are named in, block_0.first, block_0.second, block_0.gate, ...
Value residual_mlp(Trace& trace, Value x, Value gate, const MlpOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_RESIDUAL_MLP_H_
