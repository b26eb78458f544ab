#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const TensorType& x = request.inputs[0];
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t unit =
      x.shape.count(axis + 1, x.shape.rank()) * static_cast<int64_t>(size_of(x.dtype));
  const int64_t row = x.shape[axis] * unit;
  return make_row_copy(x.shape.count(0, axis),
                       {{.input = kZeros, .length = request.attributes.integer("before") * unit},
                        {.input = 0, .from_row = row, .length = row},
                        {.input = kZeros, .length = request.attributes.integer("after") * unit}});
}

}  // namespace

void pad_kernels(KernelTable& table) { table.add("pad", {"copy", create}); }

}  // namespace castalia
