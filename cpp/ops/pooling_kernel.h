// From the attributes of pooling operators to the functions of cpp/runtime/cpu/pooling.h.
#ifndef CASTALIA_CPP_OPS_POOLING_KERNEL_H_
#define CASTALIA_CPP_OPS_POOLING_KERNEL_H_

#include <memory>
#include <utility>

#include "cpp/ops/pooling_window.h"
#include "cpp/runtime/cpu/pooling.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

inline cpu::PoolingShape pooling_shape(const Attributes& attributes, const Shape& images) {
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(images), attributes.integers("kernel"));
  cpu::PoolingShape shape{images[0], {}, images.back()};
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = axes[i];
    shape.axes[i] = {axis.in, axis.out, axis.kernel, axis.stride, axis.dilation, axis.before};
  }
  return shape;
}

inline cpu::PoolDivisor cpu_divisor(PoolDivisor divisor) {
  switch (divisor) {
    case PoolDivisor::one: return cpu::PoolDivisor::one;
    case PoolDivisor::taps: return cpu::PoolDivisor::taps;
    case PoolDivisor::inside: return cpu::PoolDivisor::inside;
  }
  return cpu::PoolDivisor::one;
}

// `tiles` tiles, each computed by compute(arguments, first, last).
template <typename Compute>
class TiledKernel : public Kernel {
 public:
  TiledKernel(int64_t tiles, Compute compute) : tiles_(tiles), compute_(std::move(compute)) {}

  int64_t tiles() const override { return tiles_; }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    compute_(arguments, first, last);
  }

 private:
  int64_t tiles_;
  Compute compute_;
};

template <typename Compute>
std::unique_ptr<Kernel> make_tiled_kernel(int64_t tiles, Compute compute) {
  return std::make_unique<TiledKernel<Compute>>(tiles, std::move(compute));
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POOLING_KERNEL_H_
