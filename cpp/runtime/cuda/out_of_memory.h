// What is said when a device has no memory left.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_OUT_OF_MEMORY_H_
#define CASTALIA_CPP_RUNTIME_CUDA_OUT_OF_MEMORY_H_

#include <cstddef>
#include <string>

#include "cpp/base/status.h"

namespace castalia::cuda {

[[noreturn]] inline void fail_out_of_memory(const std::string& device, size_t asked, size_t free,
                                            size_t total) {
  fail(Code::out_of_memory, device, " has no memory for ", asked, " bytes: ", free, " of ", total,
       " are free");
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_OUT_OF_MEMORY_H_
