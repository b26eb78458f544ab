#ifndef CASTALIA_CPP_OPS_TAKE_OP_H_
#define CASTALIA_CPP_OPS_TAKE_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& take_operator();

// The elements of x at constant indices along an axis, which may repeat and leave out:
// out[..., j, ...] = x[..., indices[j], ...].
Value take(Value x, const std::vector<int64_t>& indices, int64_t axis = -1);

// The elements along an axis in reverse order.
Value flip(Value x, int64_t axis);
// The elements along an axis moved by `shift` places towards its end; what leaves enters again.
Value roll(Value x, int64_t shift, int64_t axis);
// Every step-th of the elements [first, last) along an axis; step >= 1.
Value slice(Value x, int64_t axis, int64_t first, int64_t last, int64_t step);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TAKE_OP_H_
