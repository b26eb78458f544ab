#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/cumulative_cuda.h"

namespace castalia {

void cumulative_product_cuda_kernels(KernelTable& table) {
  table.add("cumulative_product", {"cuda", [](const KernelRequest& request, std::string*) {
                                     return cuda::make_cumulative_kernel<cuda::MultiplyUp>(
                                         "cumulative_product", request, false);
                                   }});
}

}  // namespace castalia
