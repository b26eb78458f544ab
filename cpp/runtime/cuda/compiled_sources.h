// Kernels that are compiled when they are needed (NVRTC), and kept on disk.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_COMPILED_SOURCES_H_
#define CASTALIA_CPP_RUNTIME_CUDA_COMPILED_SOURCES_H_

#include <cuda_runtime_api.h>

#include <future>
#include <map>
#include <mutex>
#include <string>

namespace castalia::cuda {

// The machine code of a source for an architecture ("sm_90"). Read from the cache where it is: the
// folder CASTALIA_CUDA_CACHE, or castalia/cuda in the user's cache (XDG_CACHE_HOME, ~/.cache);
// written there otherwise, if that can be done. Errors: internal, with the compiler's words. Any
// thread.
std::string machine_code(const std::string& source, const std::string& architecture);

// The kernels of one device. Any thread.
class CompiledSources {
 public:
  CompiledSources(int device, std::string architecture)
      : device_(device), architecture_(std::move(architecture)) {}

  // The function of this name in a source that is compiled once; begins at once, beside the caller.
  // Errors, from get(): internal.
  std::shared_future<cudaKernel_t> get(const std::string& source, const std::string& function);

 private:
  const int device_;
  const std::string architecture_;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<cudaKernel_t>> kernels_;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_COMPILED_SOURCES_H_
