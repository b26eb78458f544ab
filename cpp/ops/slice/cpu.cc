#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const TensorType& x = request.inputs[0];
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t unit =
      x.shape.count(axis + 1, x.shape.rank()) * static_cast<int64_t>(size_of(x.dtype));
  const int64_t first = request.attributes.integer("first");
  const int64_t last = request.attributes.integer("last");
  return make_row_copy(x.shape.count(0, axis), {{.input = 0,
                                                 .from = first * unit,
                                                 .from_row = x.shape[axis] * unit,
                                                 .length = (last - first) * unit}});
}

}  // namespace

void slice_kernels(KernelTable& table) { table.add("slice", {"copy", create}); }

}  // namespace castalia
