#include <utility>
#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  std::vector<RowPart> parts;
  for (const TensorType& input : request.inputs) {
    const int64_t row =
        input.shape.count(axis, input.shape.rank()) * static_cast<int64_t>(size_of(input.dtype));
    parts.push_back({.input = static_cast<int>(parts.size()), .from_row = row, .length = row});
  }
  return make_row_copy(request.outputs[0].shape.count(0, axis), std::move(parts));
}

}  // namespace

void concat_kernels(KernelTable& table) { table.add("concat", {"copy", create}); }

}  // namespace castalia
