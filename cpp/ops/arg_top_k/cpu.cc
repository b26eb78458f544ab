#include "cpp/ops/kernels.h"
#include "cpp/ops/order.h"

namespace castalia {

void arg_top_k_kernels(KernelTable& table) {
  table.add("arg_top_k", {"sort", [](const KernelRequest& request, std::string*) {
                            const int axis = static_cast<int>(request.attributes.integer("axis"));
                            return make_order_kernel(request, axis,
                                                     request.attributes.integer("count"), true);
                          }});
}

}  // namespace castalia
