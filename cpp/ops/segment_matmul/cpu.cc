#include <algorithm>

#include "cpp/base/text.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/segments.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia {
namespace {

// Rows of a tile, which are sorted by their segments.
constexpr int64_t kSegmentRows = 256;

size_t on_a_boundary(size_t bytes) { return (bytes + 63) / 64 * 64; }

// The rows of a tile that belong to one segment are gathered, multiplied together, and put back.
// The bits of a product's row do not depend on the rows beside it.
template <typename T>
class SegmentMatmulKernel : public Kernel {
 public:
  // With `prepared` the matrices come in the form that prepare() writes.
  SegmentMatmulKernel(const KernelRequest& request, bool prepared)
      : index_type_(request.inputs[2].dtype),
        rows_(request.inputs[0].shape[0]),
        depth_(request.inputs[0].shape[1]),
        columns_(request.outputs[0].shape[1]),
        segments_(request.inputs[1].shape[0]),
        transpose_(request.attributes.integer("transpose") != 0),
        prepared_(prepared),
        most_(std::min(rows_, kSegmentRows)),
        product_bytes_(on_a_boundary(cpu::gemm_scratch_bytes<T>(shape(most_)))),
        gathered_bytes_(on_a_boundary(static_cast<size_t>(most_ * depth_) * sizeof(T))),
        results_bytes_(on_a_boundary(static_cast<size_t>(most_ * columns_) * sizeof(T))) {}

  int64_t tiles() const override {
    return columns_ == 0 ? 0 : (rows_ + kSegmentRows - 1) / kSegmentRows;
  }
  size_t scratch_bytes() const override {
    return product_bytes_ + gathered_bytes_ + results_bytes_ +
           static_cast<size_t>(segments_ + 1 + most_) * sizeof(int64_t);
  }
  double flops() const override {
    return 2.0 * static_cast<double>(rows_ * depth_) * static_cast<double>(columns_);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    std::byte* const place = arguments.scratch + product_bytes_;
    auto* const begin = reinterpret_cast<int64_t*>(place + gathered_bytes_ + results_bytes_);
    int64_t* const rows = begin + segments_ + 1;
    for (int64_t tile = first; tile < last; ++tile) {
      const int64_t from = tile * kSegmentRows;
      const int64_t count = std::min(kSegmentRows, rows_ - from);
      T* const out = static_cast<T*>(arguments.outputs[0]) + from * columns_;
      with_indices(index_type_, arguments.inputs[2], [&](const auto* ids) {
        sort_segments(ids + from, count, 0, segments_, begin, rows);
      });
      // Rows that belong nowhere stay so.
      if (begin[segments_] < count) std::fill(out, out + count * columns_, T{0});
      for (int64_t s = 0; s < segments_; ++s) {
        if (begin[s] == begin[s + 1]) continue;
        multiply(arguments, s, static_cast<const T*>(arguments.inputs[0]) + from * depth_,
                 rows + begin[s], begin[s + 1] - begin[s], out);
      }
    }
  }

  std::string prepared_form(int input) const override {
    if (!prepared_ || input != 1) return {};
    return text(segments_, " panels of ", sizeof(T) == 4 ? "float32" : "float64", " ", depth_,
                " x ", columns_, transpose_ ? " transposed" : "");
  }
  size_t prepared_bytes(int) const override {
    return static_cast<size_t>(segments_) * packed_bytes();
  }
  void prepare(int, const void* operand, std::byte* prepared) const override {
    for (int64_t s = 0; s < segments_; ++s) {
      cpu::gemm_pack(depth_, columns_, static_cast<const T*>(operand) + s * depth_ * columns_,
                     transpose_, 0, reinterpret_cast<T*>(prepared + offset(s)));
    }
  }

 private:
  void multiply(const KernelArguments& arguments, int64_t segment, const T* x, const int64_t* rows,
                int64_t count, T* out) const {
    T* const gathered = reinterpret_cast<T*>(arguments.scratch + product_bytes_);
    T* const results = reinterpret_cast<T*>(arguments.scratch + product_bytes_ + gathered_bytes_);
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(x + rows[i] * depth_, depth_, gathered + i * depth_);
    }
    const cpu::GemmShape product = shape(count);
    const int64_t pieces = cpu::gemm_tiles(product);
    if (prepared_) {
      const auto* packed = static_cast<const std::byte*>(arguments.inputs[1]) + offset(segment);
      cpu::gemm_run_packed_tiles<T>(product, gathered, reinterpret_cast<const T*>(packed), results,
                                    {}, arguments.scratch, 0, pieces);
    } else {
      const T* matrix = static_cast<const T*>(arguments.inputs[1]) + segment * depth_ * columns_;
      cpu::gemm_run_tiles<T>(product, gathered, matrix, results, {}, arguments.scratch, 0, pieces);
    }
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(results + i * columns_, columns_, out + rows[i] * columns_);
    }
  }

  cpu::GemmShape shape(int64_t rows) const {
    return {.m = rows, .n = columns_, .k = depth_, .transpose_b = transpose_};
  }
  size_t packed_bytes() const { return on_a_boundary(cpu::gemm_packed_bytes<T>(depth_, columns_)); }
  size_t offset(int64_t segment) const { return static_cast<size_t>(segment) * packed_bytes(); }

  DType index_type_;
  int64_t rows_;
  int64_t depth_;
  int64_t columns_;
  int64_t segments_;
  bool transpose_;
  bool prepared_;
  int64_t most_;  // rows in a tile
  size_t product_bytes_;
  size_t gathered_bytes_;
  size_t results_bytes_;
};

std::unique_ptr<Kernel> make_segment_matmul(const KernelRequest& request, std::string*) {
  const Shape& matrices = request.inputs[1].shape;
  const bool prepared = request.fixed.size() > 1 && request.fixed[1] && matrices.count() > 0;
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<SegmentMatmulKernel<float>>(request, prepared);
  }
  return std::make_unique<SegmentMatmulKernel<double>>(request, prepared);
}

}  // namespace

void segment_matmul_kernels(KernelTable& table) {
  table.add("segment_matmul", {"highway", make_segment_matmul});
}

}  // namespace castalia
