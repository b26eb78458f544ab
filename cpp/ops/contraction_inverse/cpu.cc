#include <algorithm>
#include <cmath>
#include <vector>

#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

constexpr int64_t kContractionTileRows = 16;

struct ContractionLayer {
  int64_t inputs;
  int64_t outputs;
  bool bias_of_each_row;
};

template <typename T>
class ContractionInverseKernel : public Kernel {
 public:
  explicit ContractionInverseKernel(const KernelRequest& request)
      : activation_(request.attributes.string("activation")),
        rows_(request.inputs[0].shape[0]),
        n_(request.inputs[0].shape[1]),
        widest_(n_) {
    for (size_t i = 1; i < request.inputs.size(); i += 2) {
      const Shape& weight = request.inputs[i].shape;
      layers_.push_back({weight[0], weight[1], request.inputs[i + 1].shape[0] != 1});
      weights_ += weight.count();
      widest_ = std::max(widest_, weight[1]);
    }
    const double contraction = request.attributes.real("contraction");
    const double precision = sizeof(T) == 4 ? 1e-9 : 2.3e-16;
    steps_ = static_cast<int64_t>(std::log(precision) / std::log(contraction)) + 2;
    // What is left to go is at most the last step times this ratio's inverse.
    enough_ = std::max(precision * (1 - contraction) / contraction, 2.3e-16);
  }

  int64_t tiles() const override {
    return (rows_ + kContractionTileRows - 1) / kContractionTileRows;
  }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(weights_ + 2 * n_ + 2 * widest_) * sizeof(double);
  }
  double flops() const override {
    return 2.0 * static_cast<double>(weights_ * steps_ * rows_);  // at most
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    auto* scratch = reinterpret_cast<double*>(arguments.scratch);
    double* to = scratch;
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const auto* from = static_cast<const T*>(arguments.inputs[1 + 2 * layer]);
      to = std::copy_n(from, layers_[layer].inputs * layers_[layer].outputs, to);
    }
    const int64_t end = std::min(rows_, last * kContractionTileRows);
    for (int64_t row = first * kContractionTileRows; row < end; ++row) {
      solve_row(arguments, row, scratch, to);
    }
  }

 private:
  void solve_row(const KernelArguments& arguments, int64_t row, const double* weights,
                 double* scratch) const {
    const T* y = static_cast<const T*>(arguments.inputs[0]) + row * n_;
    double* const x = scratch;
    std::copy_n(y, n_, x);
    for (int64_t step = 0; step < steps_; ++step) {
      const double* g = branch(arguments, row, weights, x, x + 2 * n_);
      double change = 0;
      double size = 0;
      for (int64_t i = 0; i < n_; ++i) {
        const double next = static_cast<double>(y[i]) - g[i];
        const double difference = std::abs(next - x[i]);
        if (!(difference <= change)) change = difference;  // keeps NaN
        size = std::max(size, std::abs(next));
        x[i] = next;
      }
      if (change <= enough_ * size) break;
    }
    std::transform(x, x + n_, static_cast<T*>(arguments.outputs[0]) + row * n_,
                   [](double value) { return static_cast<T>(value); });
  }

  // g(x), in one of two rows of scratch memory.
  const double* branch(const KernelArguments& arguments, int64_t row, const double* weights,
                       const double* x, double* scratch) const {
    const double* a = x;
    double* next = scratch;
    double* other = scratch + widest_;
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      const auto& [inputs, outputs, bias_of_each_row] = layers_[layer];
      const T* bias = static_cast<const T*>(arguments.inputs[2 + 2 * layer]);
      std::copy_n(bias + (bias_of_each_row ? row * outputs : 0), outputs, next);
      for (int64_t i = 0; i < inputs; ++i, weights += outputs) {
        const double factor = a[i];
        for (int64_t j = 0; j < outputs; ++j) next[j] += factor * weights[j];
      }
      if (layer + 1 < layers_.size()) activate(next, outputs);
      a = next;
      std::swap(next, other);
    }
    return a;
  }

  void activate(double* x, int64_t count) const {
    if (activation_ == "tanh") {
      for (int64_t i = 0; i < count; ++i) x[i] = std::tanh(x[i]);
    } else if (activation_ == "elu") {
      for (int64_t i = 0; i < count; ++i) x[i] = x[i] > 0 ? x[i] : std::expm1(x[i]);
    } else {
      for (int64_t i = 0; i < count; ++i) x[i] = x[i] / (1.1 * (1 + std::exp(-x[i])));
    }
  }

  std::string activation_;
  int64_t rows_;
  int64_t n_;
  int64_t widest_;
  int64_t weights_ = 0;
  int64_t steps_;
  double enough_;
  std::vector<ContractionLayer> layers_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<ContractionInverseKernel<float>>(request);
  }
  return std::make_unique<ContractionInverseKernel<double>>(request);
}

}  // namespace

void contraction_inverse_kernels(KernelTable& table) {
  table.add("contraction_inverse", {"loops", create});
}

}  // namespace castalia
