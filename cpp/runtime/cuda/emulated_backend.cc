// The emulated devices as a library that stands for libcastalia_cuda.so (CASTALIA_CUDA_LIBRARY):
// what lies above the devices can be tried through the C interface. They hold as many bytes as the
// variable CASTALIA_EMULATED_MEMORY says, where it does.
#include <cstdlib>

#include "cpp/base/status.h"
#include "cpp/runtime/cuda/backend.h"
#include "cpp/runtime/cuda/emulated_device.h"

namespace castalia::cuda {
namespace {

int device_count() { return 2; }

const Device& device(int number) {
  if (number < 0 || number >= device_count()) {
    fail(Code::device_unavailable, "there is no device cuda:", number, ": there are ",
         device_count());
  }
  return emulated_device(number);
}

bool holds(int, const void*) { return false; }  // arrays are the host's

}  // namespace
}  // namespace castalia::cuda

extern "C" __attribute__((visibility("default"))) const castalia::cuda::Backend*
castalia_cuda_backend() {
  static const castalia::cuda::Backend backend{castalia::kVersion, castalia::cuda::device_count,
                                               castalia::cuda::device, castalia::cuda::holds};
  if (const char* memory = std::getenv("CASTALIA_EMULATED_MEMORY")) {
    static const castalia::cuda::TroubledDevices limited(
        {.memory = static_cast<size_t>(std::atoll(memory))});
  }
  return &backend;
}
