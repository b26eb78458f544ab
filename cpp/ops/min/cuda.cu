#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"

namespace castalia {
namespace {

template <typename T>
using SmallestOnDevice = cuda::ExtremeOf<T, -1>;

}  // namespace

void min_cuda_kernels(KernelTable& table) {
  table.add("min", {"cuda", [](const KernelRequest& request, std::string*) {
                      return cuda::make_axis_reduction<SmallestOnDevice>("min", request);
                    }});
}

}  // namespace castalia
