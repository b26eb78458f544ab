// A device whose kernels are loops of the host: the same kernels, compiler passes and copies as
// with CUDA, where there is no CUDA.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_EMULATED_DEVICE_H_
#define CASTALIA_CPP_RUNTIME_CUDA_EMULATED_DEVICE_H_

#include "cpp/runtime/device.h"

namespace castalia::cuda {

// The first of them, or the second.
const Device& emulated_device(int number = 0);

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_EMULATED_DEVICE_H_
