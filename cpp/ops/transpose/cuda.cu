#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_transpose_on_device(const KernelRequest& request, std::string*) {
  const std::vector<int64_t>& permutation = request.attributes.integers("permutation");
  const auto from = request.inputs[0].shape.strides();
  std::array<int64_t, Shape::kMaxRank> strides{};
  for (size_t i = 0; i < permutation.size(); ++i) {
    strides[i] = from[static_cast<size_t>(permutation[i])];
  }
  auto kernel = cuda::kernel_for("transpose", request);
  const TensorType& out = request.outputs[0];
  cuda::add_strided_copy(*kernel, out.dtype, out.shape, strides);
  return kernel;
}

}  // namespace

void transpose_cuda_kernels(KernelTable& table) {
  table.add("transpose", {"cuda", make_transpose_on_device});
}

}  // namespace castalia
