#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void max_kernels(KernelTable& table) {
  table.add("max", {"highway", [](const KernelRequest& request, std::string*) {
                      return make_axis_reduction(request, cpu::reduce_max<float>,
                                                 cpu::reduce_max<double>);
                    }});
}

}  // namespace castalia
