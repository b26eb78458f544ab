#include "cpp/ops/column_moments_cuda.h"
#include "cpp/ops/cuda_kernels.h"

namespace castalia {

void centred_sums_cuda_kernels(KernelTable& table) {
  table.add("centred_sums", {"cuda", [](const KernelRequest& request, std::string*) {
                               const Shape& x = request.inputs[1].shape;
                               return cuda::make_column_sums<cuda::CentredColumnSums, false>(
                                   "centred_sums", request, x, x[0]);
                             }});
}

}  // namespace castalia
