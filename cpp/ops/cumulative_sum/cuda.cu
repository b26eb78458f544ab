#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/cumulative_cuda.h"

namespace castalia {

void cumulative_sum_cuda_kernels(KernelTable& table) {
  table.add("cumulative_sum", {"cuda", [](const KernelRequest& request, std::string*) {
                                 return cuda::make_cumulative_kernel<cuda::AddUp>(
                                     "cumulative_sum", request,
                                     request.attributes.integer("reverse") != 0);
                               }});
}

}  // namespace castalia
