#ifndef CASTALIA_CPP_OPS_LOG_DETERMINANT_OP_H_
#define CASTALIA_CPP_OPS_LOG_DETERMINANT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& log_determinant_operator();

// The determinant of each matrix of a (..., n, n) as its sign (1, -1, or 0 for a singular matrix)
// and the logarithm of its magnitude (-infinity for a singular one): both (...). The sign has no
// gradient; that of a singular matrix is NaN.
struct LogDeterminant {
  Value sign;
  Value log_abs;
};
LogDeterminant log_determinant(Value a);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOG_DETERMINANT_OP_H_
