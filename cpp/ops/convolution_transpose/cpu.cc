#include "cpp/ops/convolution_kernel.h"
#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

cpu::ConvolutionShape shape_of(const KernelRequest& request) {
  return convolution_shape(
      convolution_geometry(request.attributes, request.outputs[0].shape, request.inputs[1].shape));
}

std::unique_ptr<Kernel> create_scattered(const KernelRequest& request, const FusedProgram* epilogue,
                                         std::string* refusal) {
  const cpu::ConvolutionShape shape = shape_of(request);
  if (!cpu::ScatteredProduct::suits(shape, true)) {
    *refusal = "only for a result of very few channels";
    return nullptr;
  }
  return make_convolution_kernel(request, cpu::ScatteredProduct::transposed(shape), shape.flops(),
                                 epilogue);
}

std::unique_ptr<Kernel> create_sliding(const KernelRequest& request, const FusedProgram* epilogue,
                                       std::string*) {
  const cpu::ConvolutionShape shape = shape_of(request);
  return make_convolution_kernel(request, cpu::SlidingProduct::transposed(shape), shape.flops(),
                                 epilogue);
}

}  // namespace

void convolution_transpose_kernels(KernelTable& table) {
  table.add("convolution_transpose", convolution_candidate("scatter", create_scattered));
  table.add("convolution_transpose", convolution_candidate("highway", create_sliding));
}

}  // namespace castalia
