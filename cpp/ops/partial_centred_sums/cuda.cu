#include "cpp/ops/column_moments_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/partial_moments/op.h"

namespace castalia {

void partial_centred_sums_cuda_kernels(KernelTable& table) {
  table.add("partial_centred_sums", {"cuda", [](const KernelRequest& request, std::string*) {
                                       const Shape& x = request.inputs[1].shape;
                                       return cuda::make_column_sums<cuda::CentredColumnSums, true>(
                                           "partial_centred_sums", request, x,
                                           moment_tile_rows(x[1]));
                                     }});
}

}  // namespace castalia
