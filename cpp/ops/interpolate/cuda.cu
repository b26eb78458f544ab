#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/interpolation_cuda.h"
#include "cpp/ops/reference.h"

namespace castalia {
namespace {

template <typename T>
struct InterpolatePoint {
  InterpolationOnDevice shape;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t outer = index / shape.inner / shape.points;
    const InterpolationPlace at = interpolation_place(shape, index / shape.inner % shape.points);
    const T* const from =
        operands.in<T>(0) + outer * shape.elements * shape.inner + index % shape.inner;
    operands.out<T>(0)[index] = from[at.low * shape.inner] * static_cast<T>(1 - at.weight) +
                                from[at.high * shape.inner] * static_cast<T>(at.weight);
  }
};

std::unique_ptr<Kernel> make_interpolate_on_device(const KernelRequest& request, std::string*) {
  const int64_t axis = request.attributes.integer("axis");
  const AxisSplit split(request.inputs[0].shape, axis);
  const InterpolationOnDevice shape{split.extent, request.outputs[0].shape[static_cast<int>(axis)],
                                    split.inner};
  auto kernel = cuda::kernel_for("interpolate", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), InterpolatePoint<T>{shape});
  });
  return kernel;
}

}  // namespace

void interpolate_cuda_kernels(KernelTable& table) {
  table.add("interpolate", {"cuda", make_interpolate_on_device});
}

}  // namespace castalia
