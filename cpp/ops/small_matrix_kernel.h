// Kernels that compute many small matrices one by one, in double.
#ifndef CASTALIA_CPP_OPS_SMALL_MATRIX_KERNEL_H_
#define CASTALIA_CPP_OPS_SMALL_MATRIX_KERNEL_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "cpp/ops/kernels.h"

namespace castalia {

// The elements of one matrix among the operands or results.
struct MatrixView {
  void* data;
  DType dtype;
  int64_t elements;

  void read(double* to) const {
    if (dtype == DType::float32) {
      const float* from = static_cast<const float*>(data);
      std::copy(from, from + elements, to);
    } else {
      std::copy_n(static_cast<const double*>(data), elements, to);
    }
  }
  void write(const double* from) const {
    if (dtype == DType::float32) {
      std::transform(from, from + elements, static_cast<float*>(data),
                     [](double x) { return static_cast<float>(x); });
    } else {
      std::copy_n(from, elements, static_cast<double*>(data));
    }
  }
  void fill_nan() const {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    if (dtype == DType::float32) {
      std::fill_n(static_cast<float*>(data), elements, static_cast<float>(nan));
    } else {
      std::fill_n(static_cast<double*>(data), elements, nan);
    }
  }
};

// compute(inputs, outputs, scratch) for each matrix; all axes but the last two of the first operand
// count matrices, and every other operand and result has as many pieces.
template <typename Compute>
class MatrixKernel : public Kernel {
 public:
  MatrixKernel(const KernelRequest& request, size_t scratch_doubles, double flops, Compute compute)
      : scratch_doubles_(scratch_doubles), flops_(flops), compute_(compute) {
    const Shape& first = request.inputs[0].shape;
    matrices_ = first.count(0, first.rank() - 2);
    const int64_t n = std::max<int64_t>(1, first.back());
    together_ = std::max<int64_t>(1, kTileFlops / (n * n * n));
    const auto piece = [&](const TensorType& type) {
      return Piece{type.dtype, matrices_ == 0 ? 0 : type.shape.count() / matrices_};
    };
    for (const TensorType& type : request.inputs) inputs_.push_back(piece(type));
    for (const TensorType& type : request.outputs) outputs_.push_back(piece(type));
  }

  int64_t tiles() const override { return (matrices_ + together_ - 1) / together_; }
  size_t scratch_bytes() const override { return scratch_doubles_ * sizeof(double); }
  double flops() const override { return flops_ * static_cast<double>(matrices_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    MatrixView inputs[kMost];
    MatrixView outputs[kMost];
    const int64_t end = std::min(matrices_, last * together_);
    for (int64_t m = first * together_; m < end; ++m) {
      for (size_t i = 0; i < inputs_.size(); ++i) {
        inputs[i] = inputs_[i].view(const_cast<void*>(arguments.inputs[i]), m);
      }
      for (size_t i = 0; i < outputs_.size(); ++i) {
        outputs[i] = outputs_[i].view(arguments.outputs[i], m);
      }
      compute_(inputs, outputs, reinterpret_cast<double*>(arguments.scratch));
    }
  }

 private:
  static constexpr size_t kMost = 3;
  static constexpr int64_t kTileFlops = 1 << 14;

  struct Piece {
    DType dtype;
    int64_t elements;
    MatrixView view(void* data, int64_t m) const {
      return {static_cast<std::byte*>(data) + m * elements * static_cast<int64_t>(size_of(dtype)),
              dtype, elements};
    }
  };

  int64_t matrices_;
  int64_t together_;
  size_t scratch_doubles_;
  double flops_;
  Compute compute_;
  std::vector<Piece> inputs_;
  std::vector<Piece> outputs_;
};

template <typename Compute>
std::unique_ptr<Kernel> make_matrix_kernel(const KernelRequest& request, int64_t scratch_doubles,
                                           double flops, Compute compute) {
  return std::make_unique<MatrixKernel<Compute>>(request, static_cast<size_t>(scratch_doubles),
                                                 flops, compute);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SMALL_MATRIX_KERNEL_H_
