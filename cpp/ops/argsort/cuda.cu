#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/order_cuda.h"

namespace castalia {

void argsort_cuda_kernels(KernelTable& table) {
  table.add("argsort", {"cuda", [](const KernelRequest& request, std::string* refusal) {
                          const int axis = static_cast<int>(request.attributes.integer("axis"));
                          return cuda::make_order_kernel(
                              "argsort", request, request.inputs[0].shape[axis],
                              request.attributes.integer("descending") != 0, refusal);
                        }});
}

}  // namespace castalia
