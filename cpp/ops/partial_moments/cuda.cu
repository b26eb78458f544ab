#include "cpp/ops/column_moments_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/partial_moments/op.h"

namespace castalia {

void partial_moments_cuda_kernels(KernelTable& table) {
  table.add("partial_moments", {"cuda", [](const KernelRequest& request, std::string*) {
                                  const Shape& x = request.inputs[0].shape;
                                  return cuda::make_column_sums<cuda::ColumnMoments, true>(
                                      "partial_moments", request, x, moment_tile_rows(x[1]));
                                }});
}

}  // namespace castalia
