// Statuses of CUDA's libraries as Errors.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_CHECK_H_
#define CASTALIA_CPP_RUNTIME_CUDA_CHECK_H_

#include <cuda_runtime_api.h>

#include "cpp/base/status.h"

namespace castalia::cuda {

// What was tried, as words: "copying to the device".
inline void check_cuda(cudaError_t status, const char* tried) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that can be mended is not met again
  if (status == cudaErrorMemoryAllocation) {
    // Of what CUDA takes for itself (streams, recordings) it does not say how much.
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    fail(Code::out_of_memory, "CUDA, ", tried, ": no memory, ", free, " of ", total,
         " bytes are free");
  }
  const bool gone = status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice ||
                    status == cudaErrorDevicesUnavailable || status == cudaErrorDeviceUninitialized;
  fail(gone ? Code::device_unavailable : Code::internal, "CUDA, ", tried, ": ",
       cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_CHECK_H_
