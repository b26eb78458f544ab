#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_concat_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("concat", request);
  cuda::add_row_copy(*kernel, concat_parts(request));
  return kernel;
}

}  // namespace

void concat_cuda_kernels(KernelTable& table) {
  table.add("concat", {"cuda", make_concat_on_device});
}

}  // namespace castalia
