#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const int64_t columns = shape.back();
  const std::vector<int64_t>& indices = request.attributes.integers("indices");
  const int64_t taken = static_cast<int64_t>(indices.size());
  return make_row_kernel(
      taken == 0 ? 0 : shape.count(0, shape.rank() - 1), taken * static_cast<int64_t>(sizeof(T)),
      [indices, columns, taken](const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]);
        T* out = static_cast<T*>(arguments.outputs[0]) + first * taken;
        for (int64_t row = first; row < last; ++row) {
          for (const int64_t index : indices) *out++ = in[row * columns + index];
        }
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  // Only the size of an element matters to a copy.
  return size_of(request.inputs[0].dtype) == 4 ? create_typed<uint32_t>(request)
                                               : create_typed<uint64_t>(request);
}

}  // namespace

void take_kernels(KernelTable& table) { table.add("take", {"copy", create}); }

}  // namespace castalia
