#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/indices_cuda.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

template <typename T, typename I, typename Index>
struct GatherElement {
  int64_t extent;
  int64_t taken_inner;
  int64_t inner;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const auto i = static_cast<Index>(index);
    const int64_t at = operands.in<I>(1)[index];
    const int64_t outer = i / static_cast<Index>(taken_inner);
    const int64_t k = i % static_cast<Index>(inner);
    operands.out<T>(0)[index] =
        at >= 0 && at < extent ? operands.in<T>(0)[(outer * extent + at) * inner + k] : T{0};
  }
};

std::unique_ptr<Kernel> make_gather_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("gather", request);
  const Shape& x = request.inputs[0].shape;
  const TensorType& indices = request.inputs[1];
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t inner = x.count(axis + 1, x.rank());
  const int64_t count = indices.shape.count();
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    cuda::with_index_type(indices.dtype, [&]<typename I>() {
      cuda::with_index(count, [&]<typename Index>() {
        kernel->each(count,
                     GatherElement<T, I, Index>{x[axis], indices.shape[axis] * inner, inner});
      });
    });
  });
  return kernel;
}

}  // namespace

void gather_cuda_kernels(KernelTable& table) {
  table.add("gather", {"cuda", make_gather_on_device});
}

}  // namespace castalia
