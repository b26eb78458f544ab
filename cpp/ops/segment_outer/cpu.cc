#include <algorithm>

#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/segments.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia {
namespace {

// A tile is a segment: its rows are gathered, in their order, and make one product. A result
// depends on the rows of its own segment alone.
template <typename T>
class SegmentOuterKernel : public Kernel {
 public:
  explicit SegmentOuterKernel(const KernelRequest& request)
      : index_type_(request.inputs[2].dtype),
        rows_(request.inputs[0].shape[0]),
        m_(request.inputs[0].shape[1]),
        n_(request.inputs[1].shape[1]),
        segments_(request.outputs[0].shape[0]),
        product_bytes_(rounded(cpu::gemm_scratch_bytes<T>(shape(rows_)))),
        a_bytes_(rounded(static_cast<size_t>(rows_ * m_) * sizeof(T))),
        b_bytes_(rounded(static_cast<size_t>(rows_ * n_) * sizeof(T))) {}

  int64_t tiles() const override { return m_ * n_ == 0 ? 0 : segments_; }
  size_t scratch_bytes() const override {
    return product_bytes_ + a_bytes_ + b_bytes_ + static_cast<size_t>(rows_ + 2) * sizeof(int64_t);
  }
  double flops() const override {
    return 2.0 * static_cast<double>(rows_ * m_) * static_cast<double>(n_);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    T* const a = reinterpret_cast<T*>(arguments.scratch + product_bytes_);
    T* const b = reinterpret_cast<T*>(arguments.scratch + product_bytes_ + a_bytes_);
    auto* const begin =
        reinterpret_cast<int64_t*>(arguments.scratch + product_bytes_ + a_bytes_ + b_bytes_);
    int64_t* const rows = begin + 2;
    for (int64_t s = first; s < last; ++s) {
      with_indices(index_type_, arguments.inputs[2],
                   [&](const auto* ids) { sort_segments(ids, rows_, s, s + 1, begin, rows); });
      const int64_t count = begin[1];
      gather(static_cast<const T*>(arguments.inputs[0]), m_, rows, count, a);
      gather(static_cast<const T*>(arguments.inputs[1]), n_, rows, count, b);
      const cpu::GemmShape product = shape(count);
      cpu::gemm_run_tiles<T>(product, a, b, static_cast<T*>(arguments.outputs[0]) + s * m_ * n_, {},
                             arguments.scratch, 0, cpu::gemm_tiles(product));
    }
  }

 private:
  static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }
  static void gather(const T* from, int64_t width, const int64_t* rows, int64_t count, T* to) {
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(from + rows[i] * width, width, to + i * width);
    }
  }
  cpu::GemmShape shape(int64_t rows) const {
    return {.m = m_, .n = n_, .k = rows, .transpose_a = true};
  }

  DType index_type_;
  int64_t rows_;
  int64_t m_;
  int64_t n_;
  int64_t segments_;
  size_t product_bytes_;
  size_t a_bytes_;
  size_t b_bytes_;
};

std::unique_ptr<Kernel> make_segment_outer(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<SegmentOuterKernel<float>>(request);
  }
  return std::make_unique<SegmentOuterKernel<double>>(request);
}

}  // namespace

void segment_outer_kernels(KernelTable& table) {
  table.add("segment_outer", {"highway", make_segment_outer});
}

}  // namespace castalia
