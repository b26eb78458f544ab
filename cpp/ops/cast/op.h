#ifndef CASTALIA_CPP_OPS_CAST_OP_H_
#define CASTALIA_CPP_OPS_CAST_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& cast_operator();

// The elements in another type; x itself when it has that type. To integers it truncates. Gradients
// flow between float32 and float64 only.
Value cast(Value x, DType dtype);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CAST_OP_H_
