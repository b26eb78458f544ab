#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/pooling_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct MaxPoolElement {
  PoolingOnDevice shape;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t place = index / shape.channels;
    const int64_t positions = window_positions(shape.axes);
    const int64_t image = place / positions * shape.in_image() + index % shape.channels;
    const int64_t element = largest_at(shape, operands.in<T>(0) + image, place % positions);
    operands.out<T>(0)[index] = operands.in<T>(1)[image + element * shape.channels];
  }
};

std::unique_ptr<Kernel> make_max_pool_on_device(const KernelRequest& request, std::string*) {
  const PoolingOnDevice shape = pooling_on_device(request.attributes, request.inputs[0].shape);
  auto kernel = cuda::kernel_for("max_pool", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), MaxPoolElement<T>{shape});
  });
  return kernel;
}

}  // namespace

void max_pool_cuda_kernels(KernelTable& table) {
  table.add("max_pool", {"cuda", make_max_pool_on_device});
}

}  // namespace castalia
