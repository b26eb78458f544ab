#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
void run_forward(const T* in, T* out, int64_t columns) {
  double running = 0;
  for (int64_t j = 0; j < columns; ++j) out[j] = static_cast<T>(running += in[j]);
}

template <typename T>
void run_backward(const T* in, T* out, int64_t columns) {
  double running = 0;
  for (int64_t j = columns; j-- > 0;) out[j] = static_cast<T>(running += in[j]);
}

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const int64_t columns = shape.back();
  const auto row = request.attributes.integer("reverse") != 0 ? run_backward<T> : run_forward<T>;
  return make_row_kernel(
      shape.count(0, shape.rank() - 1), columns * static_cast<int64_t>(sizeof(T)),
      [row, columns](const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]);
        T* out = static_cast<T*>(arguments.outputs[0]);
        for (int64_t i = first; i < last; ++i) row(in + i * columns, out + i * columns, columns);
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void cumulative_sum_kernels(KernelTable& table) { table.add("cumulative_sum", {"loops", create}); }

}  // namespace castalia
