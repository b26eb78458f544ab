#include "cpp/base/status.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/partial_moments/op.h"
#include "cpp/runtime/cpu/normalize.h"

namespace castalia {
namespace {

template <typename T>
class PartialMomentsKernel : public Kernel {
 public:
  PartialMomentsKernel(int64_t rows, int64_t columns) : rows_(rows), columns_(columns) {}

  int64_t tiles() const override { return cpu::column_tiles(rows_, columns_); }
  size_t scratch_bytes() const override { return cpu::column_scratch_bytes(columns_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    cpu::column_moments(rows_, columns_, static_cast<const T*>(arguments.inputs[0]),
                        static_cast<double*>(arguments.outputs[0]),
                        static_cast<double*>(arguments.outputs[1]), arguments.scratch, first, last);
  }
  double flops() const override {
    return 4.0 * static_cast<double>(rows_) * static_cast<double>(columns_);
  }

 private:
  int64_t rows_;
  int64_t columns_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& x = request.inputs[0].shape;
  check(cpu::column_tile_rows(x[1]) == moment_tile_rows(x[1]),
        "partial_moments: the kernel's tiles are not those of the shape rule");
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<PartialMomentsKernel<float>>(x[0], x[1]);
  }
  return std::make_unique<PartialMomentsKernel<double>>(x[0], x[1]);
}

}  // namespace

void partial_moments_kernels(KernelTable& table) {
  table.add("partial_moments", {"highway", create});
}

}  // namespace castalia
