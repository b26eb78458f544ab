// The libraries of the emulation: none. (Products by cuBLASLt are asked for by its device itself.)
#include "cpp/runtime/cuda/libraries.h"

namespace castalia::cuda {

std::unique_ptr<Kernel> make_convolution(const LibraryConvolution&, ConvolutionResult, FilterOrder,
                                         std::string* refusal) {
  *refusal = "no device libraries in the emulation";
  return nullptr;
}

}  // namespace castalia::cuda
