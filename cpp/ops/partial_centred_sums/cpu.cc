#include "cpp/base/status.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/partial_moments/op.h"
#include "cpp/runtime/cpu/normalize.h"

namespace castalia {
namespace {

template <typename T>
class PartialCentredSumsKernel : public Kernel {
 public:
  PartialCentredSumsKernel(int64_t rows, int64_t columns) : rows_(rows), columns_(columns) {}

  int64_t tiles() const override { return cpu::column_tiles(rows_, columns_); }
  size_t scratch_bytes() const override { return cpu::column_scratch_bytes(columns_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    cpu::centred_column_sums(
        rows_, columns_, input(0), input(1), input(2), static_cast<double*>(arguments.outputs[0]),
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
  const Shape& x = request.inputs[1].shape;
  check(cpu::column_tile_rows(x[1]) == moment_tile_rows(x[1]),
        "partial_centred_sums: the kernel's tiles are not those of the shape rule");
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<PartialCentredSumsKernel<float>>(x[0], x[1]);
  }
  return std::make_unique<PartialCentredSumsKernel<double>>(x[0], x[1]);
}

}  // namespace

void partial_centred_sums_kernels(KernelTable& table) {
  table.add("partial_centred_sums", {"highway", create});
}

}  // namespace castalia
