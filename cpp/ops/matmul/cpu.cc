#include <utility>

#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/gemm.h"
#include "cpp/runtime/cpu/onednn_gemm.h"

namespace castalia {
namespace {

template <typename T>
class MatmulKernel : public Kernel {
 public:
  explicit MatmulKernel(const cpu::GemmShape& shape) : shape_(shape) {}

  int64_t tiles() const override { return cpu::gemm_tiles(shape_); }
  size_t scratch_bytes() const override { return cpu::gemm_scratch_bytes<T>(shape_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    cpu::gemm_run_tiles(shape_, static_cast<const T*>(arguments.inputs[0]),
                        static_cast<const T*>(arguments.inputs[1]),
                        static_cast<T*>(arguments.outputs[0]), cpu::GemmEpilogue<T>{},
                        arguments.scratch, first, last);
  }
  double flops() const override {
    return 2.0 * static_cast<double>(shape_.m) * static_cast<double>(shape_.n) *
           static_cast<double>(shape_.k);
  }

 private:
  cpu::GemmShape shape_;
};

cpu::GemmShape shape_of(const KernelRequest& request) {
  const bool transpose_a = request.attributes.integer("transpose_a") != 0;
  const Shape& out = request.outputs[0].shape;
  return {.m = out[0],
          .n = out[1],
          .k = request.inputs[0].shape[transpose_a ? 0 : 1],
          .transpose_a = transpose_a,
          .transpose_b = request.attributes.integer("transpose_b") != 0};
}

std::unique_ptr<Kernel> create_highway(const KernelRequest& request, std::string*) {
  const cpu::GemmShape shape = shape_of(request);
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MatmulKernel<float>>(shape);
  }
  return std::make_unique<MatmulKernel<double>>(shape);
}

class OnednnKernel : public Kernel {
 public:
  OnednnKernel(std::unique_ptr<cpu::OnednnGemm> gemm, double flops)
      : gemm_(std::move(gemm)), flops_(flops) {}

  int64_t tiles() const override { return gemm_->tiles(); }
  size_t scratch_bytes() const override { return gemm_->scratch_bytes(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    gemm_->run(static_cast<const float*>(arguments.inputs[0]),
               static_cast<const float*>(arguments.inputs[1]), nullptr,
               static_cast<float*>(arguments.outputs[0]), arguments.scratch, first, last);
  }
  double flops() const override { return flops_; }

 private:
  std::unique_ptr<cpu::OnednnGemm> gemm_;
  double flops_;
};

// Never from the number of threads: it decides the order of additions on some processors.
constexpr int64_t kOnednnTileRows = 128;

std::unique_ptr<Kernel> create_onednn(const KernelRequest& request, std::string* refusal) {
  if (request.inputs[0].dtype != DType::float32) {
    *refusal = "oneDNN has no float64 products";
    return nullptr;
  }
  if (request.rows_independent) {
    *refusal = "the bits of a row depend on its place in the tile";
    return nullptr;
  }
  const cpu::GemmShape shape = shape_of(request);
  auto gemm = cpu::OnednnGemm::create(shape, kOnednnTileRows, false, false, refusal);
  if (!gemm) return nullptr;
  return std::make_unique<OnednnKernel>(std::move(gemm), MatmulKernel<float>(shape).flops());
}

}  // namespace

// Our own kernel comes first: on AVX2 it was as fast or faster at all sizes of this library's
// networks, and its rows are independent.
void matmul_kernels(KernelTable& table) {
  table.add("matmul", {"highway", create_highway});
  table.add("matmul", {"onednn", create_onednn});
}

}  // namespace castalia
