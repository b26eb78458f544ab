#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const Shape& shape) {
  const int64_t columns = shape.back();
  return make_row_kernel(
      shape.count(0, shape.rank() - 1), columns * static_cast<int64_t>(sizeof(T)),
      [columns](const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]) + first * columns;
        T* out = static_cast<T*>(arguments.outputs[0]) + first * columns;
        for (int64_t row = first; row < last; ++row) {
          double running = 1;
          for (int64_t j = 0; j < columns; ++j) *out++ = static_cast<T>(running *= *in++);
        }
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const TensorType& x = request.inputs[0];
  return x.dtype == DType::float32 ? create_typed<float>(x.shape) : create_typed<double>(x.shape);
}

}  // namespace

void cumulative_product_kernels(KernelTable& table) {
  table.add("cumulative_product", {"loops", create});
}

}  // namespace castalia
