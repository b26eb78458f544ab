#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return make_row_copy(slice_parts(request));
}

}  // namespace

void slice_kernels(KernelTable& table) { table.add("slice", {"copy", create}); }

}  // namespace castalia
