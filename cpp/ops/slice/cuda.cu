#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_slice_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("slice", request);
  cuda::add_row_copy(*kernel, slice_parts(request));
  return kernel;
}

}  // namespace

void slice_cuda_kernels(KernelTable& table) { table.add("slice", {"cuda", make_slice_on_device}); }

}  // namespace castalia
