#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/gemm.h"

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

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const bool transpose_a = request.attributes.integer("transpose_a") != 0;
  const Shape& out = request.outputs[0].shape;
  const cpu::GemmShape shape{.m = out[0],
                             .n = out[1],
                             .k = request.inputs[0].shape[transpose_a ? 0 : 1],
                             .transpose_a = transpose_a,
                             .transpose_b = request.attributes.integer("transpose_b") != 0};
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MatmulKernel<float>>(shape);
  }
  return std::make_unique<MatmulKernel<double>>(shape);
}

}  // namespace

void matmul_kernels(KernelTable& table) { table.add("matmul", {"highway", create}); }

}  // namespace castalia
