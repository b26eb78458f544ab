#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/pooling_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct AveragePoolElement {
  PoolingOnDevice shape;
  PoolDivisor divisor;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t place = index / shape.channels;
    const int64_t positions = window_positions(shape.axes);
    const int64_t position = place % positions;
    const T* const image =
        operands.in<T>(0) + place / positions * shape.in_image() + index % shape.channels;
    double sum = 0;
    for_each_tap_at(shape.axes, position, [&](int64_t element, int64_t) {
      sum += static_cast<double>(image[element * shape.channels]);
    });
    operands.out<T>(0)[index] =
        static_cast<T>(sum * pooling_scale_at(divisor, shape.axes, position));
  }
};

std::unique_ptr<Kernel> make_average_pool_on_device(const KernelRequest& request, std::string*) {
  const PoolingOnDevice shape = pooling_on_device(request.attributes, request.inputs[0].shape);
  const PoolDivisor divisor = divisor_attribute(request.attributes);
  auto kernel = cuda::kernel_for("average_pool", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), AveragePoolElement<T>{shape, divisor});
  });
  return kernel;
}

}  // namespace

void average_pool_cuda_kernels(KernelTable& table) {
  table.add("average_pool", {"cuda", make_average_pool_on_device});
}

}  // namespace castalia
