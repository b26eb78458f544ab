// A stack of coupling layers, arXiv:1605.08803: each leaves one half of the features alone and maps
// the other element by element, by a transformer (cpp/prob/transformer.h) whose parameters a
// network (cpp/prob/conditioner.h) computes from the first half and the context. Both directions
// cost one pass.
#ifndef CASTALIA_MODELS_FLOW_COUPLING_LAYERS_H_
#define CASTALIA_MODELS_FLOW_COUPLING_LAYERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/prob/conditioner.h"
#include "cpp/prob/transformer.h"

namespace castalia {

struct CouplingLayersOptions {
  int64_t features = 1;  // of one feature the context alone decides
  int64_t layers = 1;
  // "random" draws a split for each pair of layers, of which the second swaps the halves: every
  // feature is mapped once in two layers. "reverse" swaps the halves of one split, "none" maps the
  // second half alone.
  std::string permutation = "random";
  uint64_t seed = 0;  // of random splits
  CouplingConditioner conditioner;
};

class CouplingLayers {
 public:
  CouplingLayers(const CouplingLayersOptions& options, const Transformer& transformer);

  // Data to latent variables and back: (rows, features) of the trace's type, and the
  // log-determinant, float64 (rows, 1). The parameters are coupling_0.conditioner.linear_0.weight,
  // ... The context, (rows, columns) of that type, may be null where there are two features.
  Mapped forward(Trace& trace, Value x, Value context) const;
  Mapped backward(Trace& trace, Value z, Value context) const;

 private:
  // Which features a layer leaves alone and which it maps.
  struct Split {
    std::vector<int64_t> kept;
    std::vector<int64_t> mapped;
  };
  // What passes between layers: the two halves of a split. They stay apart while the next layer
  // only swaps them, so that permutations cost few copies. The kept half is null when it has no
  // features.
  struct Halves {
    Value kept;
    Value mapped;
  };

  static Value columns(Value tensor, const std::vector<int64_t>& held,
                       const std::vector<int64_t>& wanted);
  static Halves rearranged(const Halves& halves, const Split& from, const Split& to);
  Split in_order() const;
  Value transformer_parameters(Trace& trace, const Split& split, Value kept, Value context) const;

  CouplingLayersOptions options_;
  Transformer transformer_;
  std::vector<Split> splits_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_FLOW_COUPLING_LAYERS_H_
