#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"

namespace castalia {
namespace {

template <typename T>
using PlaceOfLargestOnDevice = cuda::PlaceOfExtreme<T, 1>;

}  // namespace

void argmax_cuda_kernels(KernelTable& table) {
  table.add("argmax", {"cuda", [](const KernelRequest& request, std::string*) {
                         return cuda::make_axis_reduction<PlaceOfLargestOnDevice>("argmax",
                                                                                  request);
                       }});
}

}  // namespace castalia
