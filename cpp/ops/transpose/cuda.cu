#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

template <typename T>
struct TransposeElement {
  cuda::Layout layout;  // of the operand over the result
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    operands.out<T>(0)[index] = operands.in<T>(0)[layout.offset(index)];
  }
};

std::unique_ptr<Kernel> make_transpose_on_device(const KernelRequest& request, std::string*) {
  const Shape& in = request.inputs[0].shape;
  const std::vector<int64_t>& permutation = request.attributes.integers("permutation");
  cuda::Layout layout{.rank = in.rank()};
  const auto strides = in.strides();
  for (int i = 0; i < in.rank(); ++i) {
    const auto from = static_cast<size_t>(permutation[static_cast<size_t>(i)]);
    layout.extents[i] = in[static_cast<int>(from)];
    layout.strides[i] = strides[from];
  }
  auto kernel = cuda::kernel_for("transpose", request);
  cuda::with_type(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), TransposeElement<T>{layout});
  });
  return kernel;
}

}  // namespace

void transpose_cuda_kernels(KernelTable& table) {
  table.add("transpose", {"cuda", make_transpose_on_device});
}

}  // namespace castalia
