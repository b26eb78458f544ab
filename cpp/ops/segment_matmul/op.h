#ifndef CASTALIA_CPP_OPS_SEGMENT_MATMUL_OP_H_
#define CASTALIA_CPP_OPS_SEGMENT_MATMUL_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& segment_matmul_operator();

// Every row times the matrix of its segment: row i of x (rows, inputs) times matrix ids[i] of
// matrices (segments, inputs, outputs), each transposed first where asked; ids (rows) are int32 or
// int64. The result (rows, outputs) is 0 in rows whose number is out of range. Row i depends on row
// i of x and on its own matrix alone, and its bits are those of matmul().
Value segment_matmul(Value x, Value matrices, Value ids, bool transpose = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_MATMUL_OP_H_
