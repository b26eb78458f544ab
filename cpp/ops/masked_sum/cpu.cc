#include <algorithm>

#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/row_sums.h"

namespace castalia {
namespace {

template <typename T>
class MaskedSumKernel : public Kernel {
 public:
  explicit MaskedSumKernel(const Shape& x)
      : rows_(x.count(0, x.rank() - 2)), particles_(x[x.rank() - 2]), features_(x.back()) {
    constexpr int64_t kTileElements = 8192;
    together_ = std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, particles_ * features_));
  }

  int64_t tiles() const override { return (rows_ + together_ - 1) / together_; }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* mask = static_cast<const T*>(arguments.inputs[1]);
    T* out = static_cast<T*>(arguments.outputs[0]);
    for (int64_t row = first * together_; row < std::min(rows_, last * together_); ++row) {
      const int64_t particle = row * particles_;
      cpu::sum_masked_rows(x + particle * features_, static_cast<size_t>(features_),
                           mask + particle, static_cast<size_t>(particles_), out + row * features_);
    }
  }
  double flops() const override {
    return static_cast<double>(rows_) * static_cast<double>(particles_) *
           static_cast<double>(features_);
  }

 private:
  int64_t rows_;
  int64_t particles_;
  int64_t features_;
  int64_t together_;
};

std::unique_ptr<Kernel> create_masked_sum(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MaskedSumKernel<float>>(request.inputs[0].shape);
  }
  return std::make_unique<MaskedSumKernel<double>>(request.inputs[0].shape);
}

}  // namespace

void masked_sum_kernels(KernelTable& table) {
  table.add("masked_sum", {"highway", create_masked_sum});
}

}  // namespace castalia
