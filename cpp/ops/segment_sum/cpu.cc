#include "cpp/ops/segment_kernel.h"
#include "cpp/runtime/cpu/row_sums.h"

namespace castalia {
namespace {

struct SegmentSum {
  template <typename T>
  static void reduce(const T* x, size_t width, const int64_t* rows, size_t count, T* out) {
    cpu::sum_listed_rows(x, width, rows, count, out);
  }
};

}  // namespace

void segment_sum_kernels(KernelTable& table) {
  table.add("segment_sum", {"highway", make_segment_kernel<SegmentSum>});
}

}  // namespace castalia
