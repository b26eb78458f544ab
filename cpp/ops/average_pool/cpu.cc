#include "cpp/ops/kernels.h"
#include "cpp/ops/pooling_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const cpu::PoolingShape shape = pooling_shape(request.attributes, request.inputs[0].shape);
  const cpu::PoolDivisor divisor = cpu_divisor(divisor_attribute(request.attributes));
  return make_tiled_kernel(shape.images, [shape, divisor](const KernelArguments& arguments,
                                                          int64_t first, int64_t last) {
    cpu::average_pool(shape, divisor, static_cast<const T*>(arguments.inputs[0]),
                      static_cast<T*>(arguments.outputs[0]), first, last);
  });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void average_pool_kernels(KernelTable& table) { table.add("average_pool", {"highway", create}); }

}  // namespace castalia
