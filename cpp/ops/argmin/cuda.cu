#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"

namespace castalia {
namespace {

template <typename T>
using PlaceOfSmallestOnDevice = cuda::PlaceOfExtreme<T, -1>;

}  // namespace

void argmin_cuda_kernels(KernelTable& table) {
  table.add("argmin", {"cuda", [](const KernelRequest& request, std::string*) {
                         return cuda::make_axis_reduction<PlaceOfSmallestOnDevice>("argmin",
                                                                                   request);
                       }});
}

}  // namespace castalia
