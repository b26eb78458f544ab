#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void argmax_kernels(KernelTable& table) {
  table.add("argmax", {"loops", [](const KernelRequest& request, std::string*) {
                         return make_arg_extreme(request, true);
                       }});
}

}  // namespace castalia
