// Dense layers and the networks made of them.
#ifndef CASTALIA_CPP_NN_LINEAR_H_
#define CASTALIA_CPP_NN_LINEAR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/ops/activation.h"

namespace castalia {

// The first weights of a layer whose results pass this activation: rectifiers halve the variance,
// which the weights make good.
Initializer initializer_for(const std::string& activation);

// x times a weight plus a bias: (rows, inputs) to (rows, outputs). The parameters are NAME.weight,
// of shape (inputs, outputs), and NAME.bias, of shape (outputs).
Value linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
             Initializer weight = Initializer::glorot_uniform,
             Initializer bias = Initializer::zeros);

// The same with the weight spectrally_normalised().
Value spectral_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                      Initializer weight = Initializer::glorot_uniform);

// A linear layer with weights of its own for each of some segments, which rows belong to by their
// number in ids (rows), int64. NAME.weight holds a matrix (inputs, outputs) for each segment, one
// behind the other, and has the shape (inputs, segments * outputs): what its first values follow
// from; NAME.bias has the shape (segments, outputs). A row depends on the weights of its own
// segment alone; it is 0 where the number is out of range.
Value segment_linear(Trace& trace, const std::string& name, Value x, Value ids, int64_t segments,
                     int64_t outputs, Initializer weight = Initializer::he_uniform);

// x, (rows, ..., channels), with each channel of a row scaled by one plus, and shifted by, what the
// two halves of that row's maps, (rows, 2 channels), say (arXiv:1709.07871).
Value modulated(Value x, Value maps);

struct MlpOptions {
  int64_t hidden = 128;
  int64_t hidden_layers = 2;
  int64_t outputs = 1;
  std::string activation = "relu";
  // Of the hidden layers: initializer_for() the activation, and zeros.
  std::optional<Initializer> hidden_weight = std::nullopt;
  Initializer hidden_bias = Initializer::zeros;
  // The last layer starts as zero: a transformation that is the identity at zero starts as such.
  bool zero_last = false;
};

// A multi-layer perceptron: hidden_layers times (linear, activation), then linear. The layers are
// named linear_0, linear_1, ...
Value mlp(Trace& trace, Value x, const MlpOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_LINEAR_H_
