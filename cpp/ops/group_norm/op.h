#ifndef CASTALIA_CPP_OPS_GROUP_NORM_OP_H_
#define CASTALIA_CPP_OPS_GROUP_NORM_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& group_norm_operator();

// Group normalisation (arXiv:1803.08494) of x (rows, space..., channels): neighbouring channels
// form `groups` groups of equal size; each group of a row, over all of space, is brought to mean 0
// and variance 1 and then multiplied by scale (channels) and shifted by bias (channels). Either may
// be null (1 and 0), but there is no bias without a scale.
Value group_norm(Value x, int64_t groups, Value scale = {}, Value bias = {}, double epsilon = 1e-5);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_GROUP_NORM_OP_H_
