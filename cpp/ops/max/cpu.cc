#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void max_kernels(KernelTable& table) {
  table.add("max", axis_reduction(cpu::reduce_max<float>, cpu::reduce_max<double>));
}

}  // namespace castalia
