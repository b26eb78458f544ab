// Kernels that put elements in the order of cpp/ops/order_entry.h.
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
