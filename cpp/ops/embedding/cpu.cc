#include <cstring>

#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& table = request.inputs[0].shape;
  const DType index_type = request.inputs[1].dtype;
  const int64_t entries = table[0];
  const auto row_bytes =
      table.count(1, table.rank()) * static_cast<int64_t>(size_of(request.inputs[0].dtype));
  return make_row_kernel(
      request.inputs[1].shape.count(), row_bytes,
      [=](const KernelArguments& arguments, int64_t first, int64_t last) {
        const auto* from = static_cast<const std::byte*>(arguments.inputs[0]);
        auto* to = static_cast<std::byte*>(arguments.outputs[0]) + first * row_bytes;
        with_indices(index_type, arguments.inputs[1], [&](const auto* indices) {
          for (int64_t i = first; i < last; ++i, to += row_bytes) {
            const int64_t entry = indices[i];
            if (entry < 0 || entry >= entries) {
              std::memset(to, 0, static_cast<size_t>(row_bytes));
            } else {
              std::memcpy(to, from + entry * row_bytes, static_cast<size_t>(row_bytes));
            }
          }
        });
      });
}

}  // namespace

void embedding_kernels(KernelTable& table) { table.add("embedding", {"copy", create}); }

}  // namespace castalia
