#ifndef CASTALIA_CPP_OPS_EMBEDDING_OP_H_
#define CASTALIA_CPP_OPS_EMBEDDING_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& embedding_operator();

// Rows of a table (entries, ...) by indices, int32 or int64 of any shape: (indices' shape..., ...).
// Where an index is out of range, the row is 0: -1 marks an empty place. The adjoint of
// segment_sum().
Value embedding(Value table, Value indices);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_EMBEDDING_OP_H_
