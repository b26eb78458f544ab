// Multi-layer perceptrons that depend on a context, in the ways in which generators and critics do.
#ifndef CASTALIA_CPP_NN_CONDITIONED_MLP_H_
#define CASTALIA_CPP_NN_CONDITIONED_MLP_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// How a network comes to know its context.
struct Conditioning {
  std::string name;     // "film"
  std::string summary;  // one line
  std::string reference;
};
// concatenate, embedding, film, projection.
std::span<const Conditioning> conditionings();
std::vector<std::string> conditioning_names();

struct ConditionedMlpOptions {
  int64_t hidden = 128;
  int64_t hidden_layers = 2;
  std::string activation = "leaky_relu";
  // concatenate  the context stands beside x
  // embedding    a linear map of the context, as wide as a hidden layer, stands beside x
  // film         every hidden layer's result is scaled and shifted by linear maps of the context
  //              (arXiv:1709.07871)
  // projection   as concatenate in a generator; a critic's score instead gains the product of its
  //              last hidden layer with a linear map of the context (arXiv:1802.05637)
  std::string conditioning = "concatenate";
  bool spectral = false;  // every layer is a spectral_linear()
};

// A linear() layer, or a spectral_linear() where the options ask for that.
Value conditioned_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                         const ConditionedMlpOptions& options,
                         Initializer weight = Initializer::glorot_uniform);

// The hidden layers: (rows, inputs) to (rows, hidden), named linear_0, linear_1, ... The context,
// (rows, context features), may be null; with projection it is not looked at.
Value conditioned_hidden(Trace& trace, Value x, Value context,
                         const ConditionedMlpOptions& options);

// The term that projection adds to a score, (rows, 1), from the last hidden layer.
Value projected(Trace& trace, Value hidden, Value context, const ConditionedMlpOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_CONDITIONED_MLP_H_
