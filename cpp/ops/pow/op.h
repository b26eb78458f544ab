#ifndef CASTALIA_CPP_OPS_POW_OP_H_
#define CASTALIA_CPP_OPS_POW_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& pow_operator();

// x to the power of the exponent, as the C library has it: NaN for negative x unless the exponent
// is whole. They have one type and broadcast. The derivative with respect to x is 0 where the
// exponent is 0; none flows to the exponent where x is not positive.
Value pow(Value x, Value exponent);
// The same with squares, roots and inverses where the exponent is one of 0, 1/2, 1, 2, 3, -1, -1/2.
Value pow(Value x, double exponent);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POW_OP_H_
