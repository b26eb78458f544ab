#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"

namespace castalia {
namespace {

template <typename T>
using LargestOnDevice = cuda::ExtremeOf<T, 1>;

}  // namespace

void max_cuda_kernels(KernelTable& table) {
  table.add("max", {"cuda", [](const KernelRequest& request, std::string*) {
                      return cuda::make_axis_reduction<LargestOnDevice>("max", request);
                    }});
}

}  // namespace castalia
