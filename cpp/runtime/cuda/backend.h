// What libcastalia_cuda.so offers: its devices. No other symbol leaves it.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_BACKEND_H_
#define CASTALIA_CPP_RUNTIME_CUDA_BACKEND_H_

#include "cpp/base/version.h"
#include "cpp/runtime/device.h"

namespace castalia::cuda {

// Both libraries are built from the same sources: a backend is refused when its version differs.
struct Backend {
  const char* version;
  // How many devices there are. An Error (device_unavailable) that says what is missing: a driver,
  // one as new as the toolkit, a device.
  int (*count)();
  // Made when first asked for; lives as long as the process. Any thread.
  const Device& (*device)(int number);
  // Whether an address is one of the device's memory.
  bool (*holds)(int number, const void* address);
};

}  // namespace castalia::cuda

extern "C" const castalia::cuda::Backend* castalia_cuda_backend();

#endif  // CASTALIA_CPP_RUNTIME_CUDA_BACKEND_H_
