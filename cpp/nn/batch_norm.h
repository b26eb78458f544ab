// Normalisation by the statistics of a batch.
#ifndef CASTALIA_CPP_NN_BATCH_NORM_H_
#define CASTALIA_CPP_NN_BATCH_NORM_H_

#include <string>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

struct BatchNormOptions {
  // (rows, any): the channels of a row are scaled and shifted by linear maps of it
  // (arXiv:1707.00683), NAME.film.weight and NAME.film.bias. Null: by NAME.scale, first one, and
  // NAME.bias, first zero, both (channels).
  Value condition = {};
  // false: the batch's statistics always, and none are kept: for a critic, which is not asked about
  // single events.
  bool keeps_statistics = true;
};

// Batch normalisation (arXiv:1502.03167) of x (rows, ..., channels). In a step of training the mean
// and the variance of each channel are those over all rows and places of the batch, whatever the
// number of threads, and a tenth of them goes into NAME.running_mean, first zero, and
// NAME.running_variance, first one. Elsewhere these two normalise, so that a row does not depend on
// the others.
Value batch_norm(Trace& trace, const std::string& name, Value x,
                 const BatchNormOptions& options = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_BATCH_NORM_H_
