#include "cpp/ops/convolution_kernel.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/runtime/cpu/locally_connected.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, const FusedProgram* epilogue,
                               std::string*) {
  const cpu::ConvolutionShape shape = convolution_shape(locally_connected_geometry(
      request.attributes, request.outputs[0].shape, request.inputs[0].shape.back()));
  return make_convolution_kernel(request, cpu::LocallyConnectedTranspose(shape), shape.flops(),
                                 epilogue);
}

}  // namespace

void locally_connected_transpose_kernels(KernelTable& table) {
  table.add("locally_connected_transpose", convolution_candidate("highway", create));
}

}  // namespace castalia
