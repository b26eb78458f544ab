// Layers that take several points to one: real and discrete latent variables (RAD,
// arXiv:1903.07714).
#ifndef CASTALIA_CPP_PROB_FOLD_H_
#define CASTALIA_CPP_PROB_FOLD_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"
#include "cpp/prob/transformer.h"

namespace castalia {

// A zigzag of each feature: a line that rises, one that falls, and one that rises again, whose
// kinks and slopes are learned, or follow from the context where there is one. A point z of its
// range comes from one piece or from three; which it was is a discrete variable that is drawn with
// the probabilities p(piece | z, context) of a network that sees all features of z. So parts of the
// data that lie apart can share latent variables, and the density between them can be zero.
//
// The density of x is that of z times the product of slope and probability of the piece of each
// feature. The probability of a piece falls to nearly zero at its kinks, so that the density of x
// does not jump there, and training moves kinks to where there are no events.
class Fold {
 public:
  // The network has the hidden layers of the options. Draws come from that stage.
  Fold(const MlpOptions& network, int64_t stage) : network_(network), stage_(stage) {}

  // (rows, features) of the trace's type to the same; log_abs_det, float64 (rows, 1), is the
  // logarithm of the product above. The context, (rows, any columns), may be null.
  Mapped forward(Trace& trace, Value x, Value context) const;
  // One of the points that go to z, drawn, and minus that logarithm.
  Mapped backward(Trace& trace, Value z, Value context) const;

 private:
  MlpOptions network_;
  int64_t stage_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_FOLD_H_
