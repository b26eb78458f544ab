#ifndef CASTALIA_CPP_OPS_RANDOM_RADEMACHER_OP_H_
#define CASTALIA_CPP_OPS_RANDOM_RADEMACHER_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& random_rademacher_operator();

// -1 or 1, equally likely, of shape (rows, features): the probes of Hutchinson's trace estimator.
// Row i holds the draws of event first_event + i in this stage; feature j is bit j % 64 of the 64
// that the address (seed, event, stage, j / 64) names (cpp/base/philox.h). Seed and first event are
// int64 of shape []: values of the run, not of the graph. Each stage of a model has a number of its
// own, below 65536.
Value random_rademacher(Value seed, Value first_event, int64_t rows, int64_t features,
                        int64_t stage, DType dtype);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_RADEMACHER_OP_H_
