// What a critic is told of the batch as a whole.
#ifndef CASTALIA_CPP_NN_MINIBATCH_H_
#define CASTALIA_CPP_NN_MINIBATCH_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// Minibatch discrimination (arXiv:1606.03498): each row is mapped linearly to `features` points of
// five dimensions, and the result, (rows, features), is the mean over all rows of exp(-L1 distance)
// of each of its points to theirs. A generator whose events are all alike shows.
Value minibatch_features(Trace& trace, Value hidden, int64_t features);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_MINIBATCH_H_
