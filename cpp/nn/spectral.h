// Weights whose largest singular value is one.
#ifndef CASTALIA_CPP_NN_SPECTRAL_H_
#define CASTALIA_CPP_NN_SPECTRAL_H_

#include "cpp/graph/graph.h"

namespace castalia {

// Weights of shape (..., outputs), as a matrix with that many columns, divided by its largest
// singular value, which four steps of the power method estimate from below: it is close to one,
// however large the weights grow (arXiv:1802.05957).
Value spectrally_normalised(Value weights);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_SPECTRAL_H_
