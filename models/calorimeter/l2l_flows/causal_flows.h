// The causal flows of arXiv:2302.11594: one for the cells of each layer of a calorimeter, which
// sees the cells of a few layers before its own through an embedding network.
#ifndef CASTALIA_MODELS_CALORIMETER_L2L_FLOWS_CAUSAL_FLOWS_H_
#define CASTALIA_MODELS_CALORIMETER_L2L_FLOWS_CAUSAL_FLOWS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <variant>
#include <vector>

#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"
#include "cpp/prob/transformer.h"
#include "models/flow/autoregressive_layers.h"
#include "models/flow/coupling_layers.h"

namespace castalia {

class CausalFlows {
 public:
  using CellFlow = std::variant<AutoregressiveLayers, CouplingLayers>;

  struct Options {
    std::vector<int64_t> cells;  // of each layer
    int64_t previous = 5;        // layers that a flow sees; 0: it has no embedding network
    MlpOptions embedding;        // its outputs are what the flow sees of them
  };
  // `flow` makes the flow of a layer of so many cells.
  CausalFlows(Options options, const std::function<CellFlow(int64_t cells)>& flow);

  // Coordinates of the cells, layer after layer, to latent variables and back: (rows, cells) of the
  // trace's type, and the log-determinant, float64 (rows, 1). All flows see the condition, (rows,
  // columns) of that type. The parameters are cells_0.layer_0.hidden_0.weight, ...,
  // cells_1.embedding.linear_0.weight, ...
  Mapped forward(Trace& trace, Value y, Value condition) const;
  Mapped backward(Trace& trace, Value z, Value condition) const;

 private:
  // Layer after layer, in either direction; `inverse` says which.
  Mapped mapped(Trace& trace, Value all, Value condition, bool inverse) const;
  Value seen(Trace& trace, const std::vector<Value>& before, Value condition) const;

  Options options_;
  std::vector<CellFlow> flows_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_CALORIMETER_L2L_FLOWS_CAUSAL_FLOWS_H_
