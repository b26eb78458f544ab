#include "cpp/ops/column_moments_cuda.h"
#include "cpp/ops/cuda_kernels.h"

namespace castalia {

void moments_cuda_kernels(KernelTable& table) {
  table.add("moments", {"cuda", [](const KernelRequest& request, std::string*) {
                          const Shape& x = request.inputs[0].shape;
                          return cuda::make_column_sums<cuda::ColumnMoments, false>(
                              "moments", request, x, x[0]);
                        }});
}

}  // namespace castalia
