#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"
#include "cpp/ops/segment_reduction_cuda.h"

namespace castalia {
namespace {

template <typename T>
using SegmentSumOnDevice = cuda::SumOf<T, T>;

}  // namespace

void segment_sum_cuda_kernels(KernelTable& table) {
  table.add("segment_sum", {"cuda", [](const KernelRequest& request, std::string*) {
                              return cuda::make_segment_reduction<SegmentSumOnDevice>("segment_sum",
                                                                                      request);
                            }});
}

}  // namespace castalia
