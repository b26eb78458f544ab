#include "cpp/ops/kernels.h"
#include "cpp/ops/order.h"

namespace castalia {

void argsort_kernels(KernelTable& table) {
  table.add("argsort", {"sort", [](const KernelRequest& request, std::string*) {
                          const int axis = static_cast<int>(request.attributes.integer("axis"));
                          return make_order_kernel(request, axis, request.inputs[0].shape[axis],
                                                   request.attributes.integer("descending") != 0);
                        }});
}

}  // namespace castalia
