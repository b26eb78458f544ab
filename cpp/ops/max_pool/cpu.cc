#include "cpp/ops/kernels.h"
#include "cpp/ops/pooling_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const cpu::PoolingShape shape = pooling_shape(request.attributes, request.inputs[0].shape);
  return make_tiled_kernel(shape.images,
                           [shape](const KernelArguments& arguments, int64_t first, int64_t last) {
                             cpu::max_pool(shape, static_cast<const T*>(arguments.inputs[0]),
                                           static_cast<const T*>(arguments.inputs[1]),
                                           static_cast<T*>(arguments.outputs[0]), first, last);
                           });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void max_pool_kernels(KernelTable& table) { table.add("max_pool", {"highway", create}); }

}  // namespace castalia
