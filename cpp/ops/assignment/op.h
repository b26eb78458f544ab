#ifndef CASTALIA_CPP_OPS_ASSIGNMENT_OP_H_
#define CASTALIA_CPP_OPS_ASSIGNMENT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& assignment_operator();

// The one-to-one assignment of columns to rows of which the costs add up to least: for costs
// (problems, n, n) the column of each row, int64 (problems, n). Exact, by shortest augmenting
// paths, in n^3 operations at most. A cost that is not finite counts as very high.
Value assignment(Value cost);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ASSIGNMENT_OP_H_
