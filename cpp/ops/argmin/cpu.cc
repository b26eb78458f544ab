#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void argmin_kernels(KernelTable& table) {
  table.add("argmin", {"loops", [](const KernelRequest& request, std::string*) {
                         return make_arg_extreme(request, false);
                       }});
}

}  // namespace castalia
