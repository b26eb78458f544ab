#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/interpolation_cuda.h"
#include "cpp/ops/reference.h"

namespace castalia {
namespace {

// One element: the sum over the points that lie beside it, in their order.
template <typename T>
struct InterpolateTransposeElement {
  InterpolationOnDevice shape;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t element = index / shape.inner % shape.elements;
    const int64_t outer = index / shape.inner / shape.elements;
    const T* const points =
        operands.in<T>(0) + outer * shape.points * shape.inner + index % shape.inner;
    // Among these points, a few too many at either end so that rounding does not matter.
    const double spacing = static_cast<double>(shape.points) / static_cast<double>(shape.elements);
    const auto near = [&](int64_t centre) {
      return static_cast<int64_t>(static_cast<double>(centre) * spacing);
    };
    const int64_t begin = element == 0 ? 0 : near(element - 1) - 2;
    const int64_t end = element == shape.elements - 1 ? shape.points : near(element + 2) + 2;
    double sum = 0;
    for (int64_t i = begin < 0 ? 0 : begin; i < shape.points && i < end; ++i) {
      const InterpolationPlace at = interpolation_place(shape, i);
      const auto given = static_cast<double>(points[i * shape.inner]);
      if (at.low == element) sum += (1 - at.weight) * given;
      if (at.high == element) sum += at.weight * given;
    }
    operands.out<T>(0)[index] = static_cast<T>(sum);
  }
};

std::unique_ptr<Kernel> make_interpolate_transpose_on_device(const KernelRequest& request,
                                                             std::string*) {
  const int64_t axis = request.attributes.integer("axis");
  const AxisSplit split(request.outputs[0].shape, axis);
  const InterpolationOnDevice shape{split.extent, request.inputs[0].shape[static_cast<int>(axis)],
                                    split.inner};
  auto kernel = cuda::kernel_for("interpolate_transpose", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), InterpolateTransposeElement<T>{shape});
  });
  return kernel;
}

}  // namespace

void interpolate_transpose_cuda_kernels(KernelTable& table) {
  table.add("interpolate_transpose", {"cuda", make_interpolate_transpose_on_device});
}

}  // namespace castalia
