#include "cpp/ops/kernels.h"
#include "cpp/ops/pooling_kernel.h"
#include "cpp/ops/reference.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const int64_t axis = request.attributes.integer("axis");
  const AxisSplit split(request.inputs[0].shape, axis);
  const cpu::InterpolationShape shape{
      split.outer, split.extent, request.outputs[0].shape[static_cast<int>(axis)], split.inner};
  return make_tiled_kernel(shape.outer,
                           [shape](const KernelArguments& arguments, int64_t first, int64_t last) {
                             cpu::interpolate(shape, static_cast<const T*>(arguments.inputs[0]),
                                              static_cast<T*>(arguments.outputs[0]), first, last);
                           });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void interpolate_kernels(KernelTable& table) { table.add("interpolate", {"highway", create}); }

}  // namespace castalia
