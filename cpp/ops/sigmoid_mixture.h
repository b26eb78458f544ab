// What the two mixtures of sigmoids share: logistic_mixture and deep_sigmoid.
#ifndef CASTALIA_CPP_OPS_SIGMOID_MIXTURE_H_
#define CASTALIA_CPP_OPS_SIGMOID_MIXTURE_H_

#include <cstdint>

#include "cpp/graph/graph.h"

namespace castalia {

struct SigmoidMixtureOptions {
  int64_t components = 8;
  double min_derivative = 1e-3;

  Attributes attributes() const;
};
// Refuses what allows no mixture.
SigmoidMixtureOptions sigmoid_mixture_options(const Attributes& attributes);

struct MixtureLogit {
  Value value;       // (rows, features)
  Value derivative;  // min_derivative and more
};
// (1 - m) logit(sum_k w_k sigmoid(u_k)) + m x, with m = min_derivative, from the logits of the
// weights, the members' u and their slopes du/dx: (rows, features, components) all.
MixtureLogit logit_of_mixture(Value x, Value logits, Value u, Value slopes,
                              const SigmoidMixtureOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SIGMOID_MIXTURE_H_
