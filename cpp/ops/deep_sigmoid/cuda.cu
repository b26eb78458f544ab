#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/sigmoid_mixture_cuda.h"

namespace castalia {

void deep_sigmoid_cuda_kernels(KernelTable& table) {
  cuda::add_monotone_kernels<cuda::SigmoidMixture<false>>(table, "deep_sigmoid",
                                                          cuda::sigmoid_mixture_numbers);
}

}  // namespace castalia
