#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void min_kernels(KernelTable& table) {
  table.add("min", {"highway", [](const KernelRequest& request, std::string*) {
                      return make_axis_reduction(request, cpu::reduce_min<float>,
                                                 cpu::reduce_min<double>);
                    }});
}

}  // namespace castalia
