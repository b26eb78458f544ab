// A device whose kernels are loops of the host: the same kernels, compiler passes and copies as
// with CUDA, where there is no CUDA.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_EMULATED_DEVICE_H_
#define CASTALIA_CPP_RUNTIME_CUDA_EMULATED_DEVICE_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "cpp/runtime/device.h"

namespace castalia::cuda {

// The first of them, or the second.
const Device& emulated_device(int number = 0);

// The bytes that both hold now, of the device and not of the host.
size_t emulated_bytes_in_use();

// What is wrong with both devices while this lives; one at a time.
struct EmulatedTrouble {
  // They hold no more than so many bytes together: what would go beyond is out_of_memory.
  size_t memory = std::numeric_limits<size_t>::max();
  // They are lost after so many waits for their work: each further one is an Error (internal).
  int64_t waits = std::numeric_limits<int64_t>::max();
};
class TroubledDevices {
 public:
  explicit TroubledDevices(EmulatedTrouble trouble);
  ~TroubledDevices();
  TroubledDevices(const TroubledDevices&) = delete;
  TroubledDevices& operator=(const TroubledDevices&) = delete;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_EMULATED_DEVICE_H_
