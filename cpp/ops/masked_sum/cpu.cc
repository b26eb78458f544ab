#include <algorithm>

#include "cpp/ops/kernels.h"

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
  size_t scratch_bytes() const override { return static_cast<size_t>(features_) * sizeof(double); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* mask = static_cast<const T*>(arguments.inputs[1]);
    T* out = static_cast<T*>(arguments.outputs[0]);
    double* sums = reinterpret_cast<double*>(arguments.scratch);
    for (int64_t row = first * together_; row < std::min(rows_, last * together_); ++row) {
      std::fill_n(sums, features_, 0.0);
      for (int64_t p = row * particles_; p < (row + 1) * particles_; ++p) {
        if (mask[p] == 0) continue;
        for (int64_t j = 0; j < features_; ++j) {
          sums[j] += static_cast<double>(x[p * features_ + j]);
        }
      }
      std::transform(sums, sums + features_, out + row * features_,
                     [](double sum) { return static_cast<T>(sum); });
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

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MaskedSumKernel<float>>(request.inputs[0].shape);
  }
  return std::make_unique<MaskedSumKernel<double>>(request.inputs[0].shape);
}

}  // namespace

void masked_sum_kernels(KernelTable& table) { table.add("masked_sum", {"loops", create}); }

}  // namespace castalia
