#include "cpp/ops/kernels.h"
#include "cpp/ops/movement.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return make_row_copy(concat_parts(request));
}

}  // namespace

void concat_kernels(KernelTable& table) { table.add("concat", {"copy", create}); }

}  // namespace castalia
