#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/pooling_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct AveragePoolTransposeElement {
  PoolingOnDevice shape;
  PoolDivisor divisor;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t place = index / shape.channels;
    const int64_t elements = window_elements(shape.axes);
    const T* const pooled =
        operands.in<T>(0) + place / elements * shape.out_image() + index % shape.channels;
    double sum = 0;
    for_each_window_over(shape.axes, place % elements, [&](int64_t position, int64_t) {
      sum += static_cast<double>(pooled[position * shape.channels]) *
             pooling_scale_at(divisor, shape.axes, position);
    });
    operands.out<T>(0)[index] = static_cast<T>(sum);
  }
};

std::unique_ptr<Kernel> make_average_pool_transpose_on_device(const KernelRequest& request,
                                                              std::string*) {
  const PoolingOnDevice shape = pooling_on_device(request.attributes, request.outputs[0].shape);
  const PoolDivisor divisor = divisor_attribute(request.attributes);
  auto kernel = cuda::kernel_for("average_pool_transpose", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), AveragePoolTransposeElement<T>{shape, divisor});
  });
  return kernel;
}

}  // namespace

void average_pool_transpose_cuda_kernels(KernelTable& table) {
  table.add("average_pool_transpose", {"cuda", make_average_pool_transpose_on_device});
}

}  // namespace castalia
