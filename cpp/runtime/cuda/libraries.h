// Kernels that NVIDIA's libraries compute: what the operators' cuda.cu ask for first. The backend
// defines them with the libraries (cublas.cc, cudnn.cc); the emulation has none and refuses.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_LIBRARIES_H_
#define CASTALIA_CPP_RUNTIME_CUDA_LIBRARIES_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "cpp/base/dtype.h"
#include "cpp/runtime/device.h"
#include "cpp/runtime/kernel.h"

namespace castalia::cuda {

// matmul by cuBLASLt: float32 sums in float32, without the shorter formats of the tensor cores
// unless the request asks for them. Null, with the reason, where library_product() has none.
std::unique_ptr<Kernel> make_matmul(const KernelRequest& request, std::string* refusal);
// The same and the program after it (KernelCandidate::create_with_epilogue).
std::unique_ptr<Kernel> make_matmul_with_epilogue(const KernelRequest& request,
                                                  const FusedProgram& program,
                                                  const Device& device);

// A spatial axis of a convolution: the window at position o < out covers elements o * stride + t *
// dilation - before, t < kernel, of `in`.
struct LibraryConvolutionAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;
};

// Images (batch, in..., channels_in) and positions (batch, out..., channels_out), dense. Filters
// hold channels_in / groups channels for each of channels_out.
struct LibraryConvolution {
  DType dtype = DType::float32;
  int64_t batch = 0;
  std::array<LibraryConvolutionAxis, 3> axes;  // those that are not there have one element
  int64_t channels_in = 0;
  int64_t channels_out = 0;
  int64_t groups = 1;
};

// Which two of the three are given, and which is computed.
enum class ConvolutionResult : uint8_t {
  positions,  // from images and filters
  images,     // from positions and filters: the transpose
  filters,    // from images and positions: the gradient
};

// How filters lie in memory.
enum class FilterOrder : uint8_t {
  channels_last,   // (channels_out, kernel..., channels_in / groups)
  channels_first,  // (channels_out, channels_in / groups, kernel...)
};

// A convolution by cuDNN with inputs and result as above, in a fixed order of additions and without
// TensorFloat-32. Null with the reason where cuDNN does not take it. Needs scratch memory.
std::unique_ptr<Kernel> make_convolution(const LibraryConvolution& convolution,
                                         ConvolutionResult result, FilterOrder order,
                                         std::string* refusal);

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_LIBRARIES_H_
