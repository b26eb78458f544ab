// A stack of autoregressive layers: what masked and inverse autoregressive flows are made of.
#ifndef CASTALIA_MODELS_FLOW_AUTOREGRESSIVE_LAYERS_H_
#define CASTALIA_MODELS_FLOW_AUTOREGRESSIVE_LAYERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/prob/autoregressive.h"
#include "cpp/prob/transformer.h"
#include "models/catalogue.h"

namespace castalia {

struct AutoregressiveLayersOptions {
  int64_t features = 1;
  int64_t layers = 1;
  std::string order = "reverse";  // in a layer relative to the one before: reverse, random, none
  uint64_t seed = 0;              // of random orders
  bool inverse = false;           // the networks see the latent variables (IAF), not the data (MAF)
  bool inverted = false;          // the transformers act in their inverse direction
  AutoregressiveOptions network;
};

// By the fields layers, order, degrees and those of conditioner_fields(), which an architecture of
// such layers has; the weights' seed draws the orders. Errors: out_of_range (hidden_layers).
AutoregressiveLayersOptions autoregressive_layers_options(const Specification& specification,
                                                          int64_t features);

// Two of these fields: the order of what `subject` says ("the features in a layer relative to the
// one before"), and how many inputs `units` see ("features the hidden units").
Field order_field(const std::string& subject);
Field degrees_field(const std::string& units);

class AutoregressiveLayers {
 public:
  AutoregressiveLayers(const AutoregressiveLayersOptions& options, const Transformer& transformer);

  // Data to latent variables and back: (rows, features) of the trace's type, and the
  // log-determinant, float64 (rows, 1). The parameters are layer_0.hidden_0.weight, ... The
  // context, (rows, columns) of that type, may be null.
  Mapped forward(Trace& trace, Value x, Value context) const;
  Mapped backward(Trace& trace, Value z, Value context) const;

  // The direction that the networks compute at once, seen from within.
  struct Path {
    Value end;      // latent variables of data, or data of latent variables
    Value log_det;  // float64 (rows, 1), of the map to the end
    // Of each layer, the first of the data first: its variables on the side of the data, in its
    // order (rows, features), and the parameters of its transformers, (rows, features P).
    std::vector<Value> variables;
    std::vector<Value> parameters;
  };
  Path path(Trace& trace, Value start, Value context) const;

  // An Error (unsupported) where the gradient of a density has to go through the passes of an
  // inverse flow one by one and they are too many; `owner` is whose layers they are.
  void require_trainable(const std::string& owner) const;
  // Whether a gradient can go through backward(): the passes of a masked flow are not too many.
  bool backward_is_differentiable() const;

 private:
  using Order = std::vector<int64_t>;

  // Of the direction that goes feature by feature.
  int64_t passes() const { return options_.features * options_.layers; }
  AutoregressiveNetwork network(Trace& trace, Value context) const;
  Mapped step(Trace& trace, size_t layer, Value x, Value context, bool backward) const;

  AutoregressiveLayersOptions options_;
  Transformer transformer_;
  std::vector<Order> orders_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_FLOW_AUTOREGRESSIVE_LAYERS_H_
