// Kernels of NVIDIA's libraries. In the emulation all of them refuse.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_LIBRARIES_H_
#define CASTALIA_CPP_RUNTIME_CUDA_LIBRARIES_H_

#include <memory>
#include <string>

#include "cpp/runtime/device.h"
#include "cpp/runtime/kernel.h"

namespace castalia::cuda {

// matmul by cuBLASLt: float32 sums in float32, without the shorter formats of the tensor cores
// unless the request asks for them. Null, with the reason, where leading axes are broadcast in part.
std::unique_ptr<Kernel> make_matmul(const KernelRequest& request, std::string* refusal);
// The same and the program after it (KernelCandidate::create_with_epilogue).
std::unique_ptr<Kernel> make_matmul_with_epilogue(const KernelRequest& request,
                                                  const FusedProgram& program,
                                                  const Device& device);

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_LIBRARIES_H_
