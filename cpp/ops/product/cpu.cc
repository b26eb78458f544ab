#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"

namespace castalia {

void product_kernels(KernelTable& table) {
  table.add("product", axis_reduction(cpu::reduce_product<float>, cpu::reduce_product<double>));
}

}  // namespace castalia
