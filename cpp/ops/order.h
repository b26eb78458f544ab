// Kernels that put elements in order. The order is total: -0 equals 0, NaN counts as the largest,
// and of equal elements the one with the smaller index comes first, whether ascending or
// descending.
#ifndef CASTALIA_CPP_OPS_ORDER_H_
#define CASTALIA_CPP_OPS_ORDER_H_

#include <memory>

#include "cpp/runtime/kernel.h"

namespace castalia {

// The indices, as int64, of the first `count` elements along the axis in their order.
std::unique_ptr<Kernel> make_order_kernel(const KernelRequest& request, int axis, int64_t count,
                                          bool descending);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ORDER_H_
