#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/order_cuda.h"

namespace castalia {

void arg_top_k_cuda_kernels(KernelTable& table) {
  table.add("arg_top_k", {"cuda", [](const KernelRequest& request, std::string* refusal) {
                            return cuda::make_order_kernel("arg_top_k", request,
                                                           request.attributes.integer("count"),
                                                           true, refusal);
                          }});
}

}  // namespace castalia
