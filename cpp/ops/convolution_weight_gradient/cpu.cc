#include "cpp/ops/convolution_kernel.h"
#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, const FusedProgram* epilogue,
                               std::string*) {
  const cpu::ConvolutionShape shape = convolution_shape(
      convolution_geometry(request.attributes, request.inputs[0].shape,
                           request.attributes.integers("kernel"), request.inputs[1].shape.back()));
  return make_convolution_kernel(request, cpu::WeightGradient(shape), shape.flops(), epilogue);
}

}  // namespace

void convolution_weight_gradient_kernels(KernelTable& table) {
  table.add("convolution_weight_gradient", convolution_candidate("highway", create));
}

}  // namespace castalia
