#include <array>

#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const TensorType& out = request.outputs[0];
  const auto dense = request.inputs[0].shape.strides();
  std::array<int64_t, Shape::kMaxRank> strides{};
  int axis = 0;
  for (const int64_t from : request.attributes.integers("permutation")) {
    strides[axis++] = dense[static_cast<size_t>(from)];
  }
  return make_strided_copy(out.dtype, out.shape, strides);
}

}  // namespace

void transpose_kernels(KernelTable& table) { table.add("transpose", {"copy", create}); }

}  // namespace castalia
