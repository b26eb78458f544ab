#include "cpp/ops/segment_kernel.h"

namespace castalia {
namespace {

struct Max {
  template <typename T>
  static void add(const T* row, int64_t width, bool first, double* largest) {
    for (int64_t j = 0; j < width; ++j) {
      const double element = static_cast<double>(row[j]);
      // A NaN is taken and stays.
      const bool keep = !first && (largest[j] >= element || largest[j] != largest[j]);
      largest[j] = keep ? largest[j] : element;
    }
  }
};

}  // namespace

void segment_max_kernels(KernelTable& table) {
  table.add("segment_max", {"loops", make_segment_kernel<Max>});
}

}  // namespace castalia
