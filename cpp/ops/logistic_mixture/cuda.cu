#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/sigmoid_mixture_cuda.h"

namespace castalia {

void logistic_mixture_cuda_kernels(KernelTable& table) {
  cuda::add_monotone_kernels<cuda::SigmoidMixture<true>>(table, "logistic_mixture",
                                                         cuda::sigmoid_mixture_numbers);
}

}  // namespace castalia
