// From the geometry of an operator to the plans of cpp/runtime/cpu/convolution.h.
#ifndef CASTALIA_CPP_OPS_CONVOLUTION_KERNEL_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_KERNEL_H_

#include <memory>
#include <utility>

#include "cpp/ops/convolution_geometry.h"
#include "cpp/runtime/cpu/convolution.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

inline cpu::ConvolutionShape convolution_shape(const ConvolutionGeometry& geometry) {
  cpu::ConvolutionShape shape{.images = geometry.batch,
                              .axes = {},
                              .channels_in = geometry.channels_in,
                              .channels_out = geometry.channels_out,
                              .groups = geometry.groups};
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = geometry.axes[i];
    shape.axes[i] = {axis.in, axis.out, axis.kernel, axis.stride, axis.dilation, axis.before};
  }
  return shape;
}

// A plan that turns two operands into one result.
template <typename T, typename Plan>
class ConvolutionKernel : public Kernel {
 public:
  ConvolutionKernel(Plan plan, double flops) : plan_(std::move(plan)), flops_(flops) {}

  int64_t tiles() const override { return plan_.tiles(); }
  size_t scratch_bytes() const override { return plan_.template scratch_bytes<T>(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    plan_.run(static_cast<const T*>(arguments.inputs[0]),
              static_cast<const T*>(arguments.inputs[1]), static_cast<T*>(arguments.outputs[0]),
              arguments.scratch, first, last);
  }
  double flops() const override { return flops_; }

 private:
  Plan plan_;
  double flops_;
};

template <typename Plan>
std::unique_ptr<Kernel> make_convolution_kernel(const KernelRequest& request, Plan plan,
                                                double flops) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<ConvolutionKernel<float, Plan>>(std::move(plan), flops);
  }
  return std::make_unique<ConvolutionKernel<double, Plan>>(std::move(plan), flops);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_KERNEL_H_
