#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_broadcast_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("broadcast_to", request);
  const TensorType& out = request.outputs[0];
  const Shape& in = request.inputs[0].shape;
  const int added = out.shape.rank() - in.rank();
  const auto from = in.strides();
  std::array<int64_t, Shape::kMaxRank> strides{};
  for (int axis = 0; axis < in.rank(); ++axis) {
    if (in[axis] != 1) strides[added + axis] = from[axis];
  }
  cuda::add_strided_copy(*kernel, out.dtype, out.shape, strides);
  return kernel;
}

}  // namespace

void broadcast_to_cuda_kernels(KernelTable& table) {
  table.add("broadcast_to", {"cuda", make_broadcast_on_device});
}

}  // namespace castalia
