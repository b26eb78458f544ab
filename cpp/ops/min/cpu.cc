#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void min_kernels(KernelTable& table) {
  table.add("min", axis_reduction(cpu::reduce_min<float>, cpu::reduce_min<double>));
}

}  // namespace castalia
