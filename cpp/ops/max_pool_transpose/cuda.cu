#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/pooling_cuda.h"

namespace castalia {
namespace {

// One element of the images: it looks into every window that covers it, which costs less than a
// stage that keeps where the largest elements are.
template <typename T>
struct MaxPoolTransposeElement {
  PoolingOnDevice shape;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t channel = index % shape.channels;
    const int64_t place = index / shape.channels;
    const int64_t elements = window_elements(shape.axes);
    const int64_t own = place % elements;
    const T* const image = operands.in<T>(0) + place / elements * shape.in_image() + channel;
    const T* const pooled = operands.in<T>(1) + place / elements * shape.out_image() + channel;
    double sum = 0;
    for_each_window_over(shape.axes, own, [&](int64_t position, int64_t) {
      if (largest_at(shape, image, position) == own) {
        sum += static_cast<double>(pooled[position * shape.channels]);
      }
    });
    operands.out<T>(0)[index] = static_cast<T>(sum);
  }
};

std::unique_ptr<Kernel> make_max_pool_transpose_on_device(const KernelRequest& request,
                                                          std::string*) {
  const PoolingOnDevice shape = pooling_on_device(request.attributes, request.inputs[0].shape);
  auto kernel = cuda::kernel_for("max_pool_transpose", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), MaxPoolTransposeElement<T>{shape});
  });
  return kernel;
}

}  // namespace

void max_pool_transpose_cuda_kernels(KernelTable& table) {
  table.add("max_pool_transpose", {"cuda", make_max_pool_transpose_on_device});
}

}  // namespace castalia
