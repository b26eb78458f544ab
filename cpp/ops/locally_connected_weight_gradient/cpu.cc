#include "cpp/ops/convolution_kernel.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/runtime/cpu/locally_connected.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, const FusedProgram* epilogue,
                               std::string*) {
  const cpu::ConvolutionShape shape = convolution_shape(locally_connected_geometry(
      request.attributes, request.inputs[0].shape, request.inputs[1].shape.back()));
  return make_convolution_kernel(request, cpu::LocallyConnectedWeightGradient(shape), shape.flops(),
                                 epilogue);
}

}  // namespace

void locally_connected_weight_gradient_kernels(KernelTable& table) {
  table.add("locally_connected_weight_gradient", convolution_candidate("highway", create));
}

}  // namespace castalia
