#include <algorithm>
#include <cmath>
#include <vector>

#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

constexpr int64_t kNeumannTileRows = 16;

template <typename T>
class NeumannSeriesKernel : public Kernel {
 public:
  explicit NeumannSeriesKernel(const KernelRequest& request)
      : sure_(request.attributes.integer("sure")),
        proceed_(request.attributes.real("proceed")),
        rows_(request.inputs[0].shape[0]),
        n_(request.inputs[0].shape[1]),
        widest_(n_) {
    for (size_t i = 2; i < request.inputs.size(); i += 2) {
      const Shape& weight = request.inputs[i].shape;
      layers_.push_back({weight[0], weight[1]});
      weights_ += weight.count();
      widest_ = std::max(widest_, weight[1]);
    }
  }

  int64_t tiles() const override { return (rows_ + kNeumannTileRows - 1) / kNeumannTileRows; }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(weights_ + n_ + 2 * widest_) * sizeof(double);
  }
  double flops() const override {
    const double terms = static_cast<double>(sure_) + proceed_ / (1 - proceed_);  // on average
    return 2.0 * static_cast<double>(weights_ * rows_) * terms;
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    auto* scratch = reinterpret_cast<double*>(arguments.scratch);
    double* to = scratch;
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const auto* from = static_cast<const T*>(arguments.inputs[2 + 2 * layer]);
      to = std::copy_n(from, layers_[layer].inputs * layers_[layer].outputs, to);
    }
    const int64_t end = std::min(rows_, last * kNeumannTileRows);
    for (int64_t row = first * kNeumannTileRows; row < end; ++row) {
      sum_row(arguments, row, scratch, to);
    }
  }

 private:
  struct Layer {
    int64_t inputs;
    int64_t outputs;
  };

  void sum_row(const KernelArguments& arguments, int64_t row, const double* weights,
               double* scratch) const {
    const T* v = static_cast<const T*>(arguments.inputs[0]) + row * n_;
    const auto u = static_cast<double>(static_cast<const T*>(arguments.inputs[1])[row]);
    const auto more = static_cast<int64_t>(std::floor(std::log(u) / std::log(proceed_)));
    double* const y = scratch;
    double* const power = scratch + n_;
    std::copy_n(v, n_, y);
    std::copy_n(v, n_, power);
    double sum = 0;
    double share = 1;  // 1 / p(k), with the sign of the term in y
    for (int64_t k = 1; k <= sure_ + more; ++k) {
      multiply(arguments, row, weights, power, power + widest_);
      share /= k > sure_ ? -proceed_ : -1.0;
      double product = 0;
      for (int64_t i = 0; i < n_; ++i) {
        product += power[i] * static_cast<double>(v[i]);
        y[i] += share * power[i];
      }
      sum -= share / static_cast<double>(k) * product;
    }
    static_cast<double*>(arguments.outputs[0])[row] = sum;
    std::transform(y, y + n_, static_cast<T*>(arguments.outputs[1]) + row * n_,
                   [](double value) { return static_cast<T>(value); });
  }

  // power <- power M, through a second row of scratch memory.
  void multiply(const KernelArguments& arguments, int64_t row, const double* weights, double* power,
                double* next) const {
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const auto& [inputs, outputs] = layers_[layer];
      std::fill_n(next, outputs, 0.0);
      for (int64_t i = 0; i < inputs; ++i, weights += outputs) {
        const double factor = power[i];
        for (int64_t j = 0; j < outputs; ++j) next[j] += factor * weights[j];
      }
      if (layer + 1 < layers_.size()) {
        const T* slopes = static_cast<const T*>(arguments.inputs[3 + 2 * layer]) + row * outputs;
        for (int64_t j = 0; j < outputs; ++j) next[j] *= static_cast<double>(slopes[j]);
      }
      std::copy_n(next, outputs, power);
    }
  }

  int64_t sure_;
  double proceed_;
  int64_t rows_;
  int64_t n_;
  int64_t widest_;
  int64_t weights_ = 0;
  std::vector<Layer> layers_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<NeumannSeriesKernel<float>>(request);
  }
  return std::make_unique<NeumannSeriesKernel<double>>(request);
}

}  // namespace

void neumann_series_kernels(KernelTable& table) { table.add("neumann_series", {"loops", create}); }

}  // namespace castalia
