// The CUDA kernels of every operator, gathered from the folders' cuda.cu.
#ifndef CASTALIA_CPP_OPS_CUDA_KERNELS_H_
#define CASTALIA_CPP_OPS_CUDA_KERNELS_H_

#include "cpp/runtime/kernel_table.h"

namespace castalia {

// Calls what every folder's cuda.cu defines, void <operator>_cuda_kernels(KernelTable&). Generated.
// Of each operator the preferred candidate comes first. Element-wise operators have none: they are
// compiled when they are needed (cpp/runtime/cuda/fused_source.h); a composite one, or the gradient
// of one ("gradient(NAME)"), only where a kernel fuses it.
void add_all_cuda_kernels(KernelTable& table);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CUDA_KERNELS_H_
