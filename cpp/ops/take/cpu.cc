#include <utility>
#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

// Single elements of the last axis.
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

// Runs of neighbours are copied as one.
std::unique_ptr<Kernel> create_blocks(const KernelRequest& request, int axis) {
  const Shape& x = request.inputs[0].shape;
  const int64_t unit = bytes_behind_axis(request, axis);
  RowParts copied{x.count(0, axis), {}};
  std::vector<RowPart>& parts = copied.parts;
  for (const int64_t index : request.attributes.integers("indices")) {
    if (!parts.empty() && parts.back().from + parts.back().length == index * unit) {
      parts.back().length += unit;
    } else {
      parts.push_back(
          {.input = 0, .from = index * unit, .from_row = x[axis] * unit, .length = unit});
    }
  }
  return make_row_copy(std::move(copied));
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  if (axis + 1 < request.inputs[0].shape.rank()) return create_blocks(request, axis);
  // Only the size of an element matters to a copy.
  return size_of(request.inputs[0].dtype) == 4 ? create_typed<uint32_t>(request)
                                               : create_typed<uint64_t>(request);
}

}  // namespace

void take_kernels(KernelTable& table) { table.add("take", {"copy", create}); }

}  // namespace castalia
