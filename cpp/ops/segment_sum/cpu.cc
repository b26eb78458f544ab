#include "cpp/ops/segment_kernel.h"

namespace castalia {
namespace {

struct Sum {
  template <typename T>
  static void add(const T* row, int64_t width, bool, double* sum) {
    for (int64_t j = 0; j < width; ++j) sum[j] += static_cast<double>(row[j]);
  }
};

}  // namespace

void segment_sum_kernels(KernelTable& table) {
  table.add("segment_sum", {"loops", make_segment_kernel<Sum>});
}

}  // namespace castalia
