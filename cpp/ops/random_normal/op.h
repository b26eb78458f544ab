#ifndef CASTALIA_CPP_OPS_RANDOM_NORMAL_OP_H_
#define CASTALIA_CPP_OPS_RANDOM_NORMAL_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& random_normal_operator();

// Standard normal numbers of shape (rows, features). Row i holds the draws of event
// first_event + i in this stage; a draw depends on (seed, event, stage, feature) alone
// (cpp/base/philox.h). Seed and first event are int64 of shape []: values of the run, not of the
// graph. Each stage of a model has a number of its own, below 65536.
Value random_normal(Value seed, Value first_event, int64_t rows, int64_t features, int64_t stage,
                    DType dtype);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_NORMAL_OP_H_
