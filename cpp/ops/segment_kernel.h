// Kernels that reduce the rows of every segment.
#ifndef CASTALIA_CPP_OPS_SEGMENT_KERNEL_H_
#define CASTALIA_CPP_OPS_SEGMENT_KERNEL_H_

#include <algorithm>
#include <cstdint>
#include <memory>

#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/segments.h"

namespace castalia {

// Method::reduce(x, width, rows, count, out) makes one row of the rows of x that are listed, which
// may be none. A tile is some segments, whose rows it finds by itself, so a result depends on the
// rows of its own segment alone.
template <typename T, typename Method>
class SegmentKernel : public Kernel {
 public:
  explicit SegmentKernel(const KernelRequest& request)
      : index_type_(request.inputs[1].dtype),
        count_(request.inputs[1].shape.count()),
        segments_(request.outputs[0].shape[0]),
        width_(request.outputs[0].shape.count(1, request.outputs[0].shape.rank())) {
    // Every tile reads all numbers: few tiles, but enough for the threads.
    constexpr int64_t kMostTiles = 16;
    constexpr int64_t kTileElements = 4096;
    together_ = std::max({int64_t{1}, (segments_ + kMostTiles - 1) / kMostTiles,
                          kTileElements / std::max<int64_t>(1, width_)});
  }

  int64_t tiles() const override {
    return width_ == 0 ? 0 : (segments_ + together_ - 1) / together_;
  }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(count_ + together_ + 1) * sizeof(int64_t);
  }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    T* out = static_cast<T*>(arguments.outputs[0]);
    int64_t* rows = reinterpret_cast<int64_t*>(arguments.scratch);
    int64_t* begin = rows + count_;
    for (int64_t tile = first; tile < last; ++tile) {
      const int64_t from = tile * together_;
      const int64_t to = std::min(segments_, from + together_);
      with_indices(index_type_, arguments.inputs[1],
                   [&](const auto* ids) { sort_segments(ids, count_, from, to, begin, rows); });
      for (int64_t s = 0; s < to - from; ++s) {
        Method::reduce(x, static_cast<size_t>(width_), rows + begin[s],
                       static_cast<size_t>(begin[s + 1] - begin[s]), out + (from + s) * width_);
      }
    }
  }
  double flops() const override {
    return static_cast<double>(count_) * static_cast<double>(width_);
  }

 private:
  DType index_type_;
  int64_t count_;
  int64_t segments_;
  int64_t width_;
  int64_t together_;
};

template <typename Method>
std::unique_ptr<Kernel> make_segment_kernel(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<SegmentKernel<float, Method>>(request);
  }
  return std::make_unique<SegmentKernel<double, Method>>(request);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_KERNEL_H_
