#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_pad_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("pad", request);
  cuda::add_row_copy(*kernel, pad_parts(request));
  return kernel;
}

}  // namespace

void pad_cuda_kernels(KernelTable& table) { table.add("pad", {"cuda", make_pad_on_device}); }

}  // namespace castalia
