#include <algorithm>

#include "cpp/ops/segment_kernel.h"

namespace castalia {
namespace {

struct SegmentMax {
  template <typename T>
  static void reduce(const T* x, size_t width, const int64_t* rows, size_t count, T* out) {
    if (count == 0) return static_cast<void>(std::fill_n(out, width, T(0)));
    std::copy_n(x + static_cast<size_t>(rows[0]) * width, width, out);
    for (size_t i = 1; i < count; ++i) {
      const T* row = x + static_cast<size_t>(rows[i]) * width;
      for (size_t j = 0; j < width; ++j) {
        // A NaN is taken and stays.
        const bool keep = out[j] >= row[j] || out[j] != out[j];
        out[j] = keep ? out[j] : row[j];
      }
    }
  }
};

}  // namespace

void segment_max_kernels(KernelTable& table) {
  table.add("segment_max", {"loops", make_segment_kernel<SegmentMax>});
}

}  // namespace castalia
