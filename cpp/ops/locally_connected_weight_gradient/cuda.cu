#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// One weight: the sum over the images, of which there are fewer than weights.
template <typename T>
struct LocalWeightGradient {
  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const WindowAxis& z = g.axes[0];
    const WindowAxis& y = g.axes[1];
    const WindowAxis& x = g.axes[2];
    const int64_t out = index % g.channels_out;
    int64_t rest = index / g.channels_out;
    const int64_t in = rest % g.channels_in;
    rest /= g.channels_in;
    const int64_t tap = rest % window_taps(g.axes);
    const int64_t position = rest / window_taps(g.axes);
    const int64_t iz = z.element(position / x.out / y.out, tap / x.kernel / y.kernel);
    const int64_t iy = y.element(position / x.out % y.out, tap / x.kernel % y.kernel);
    const int64_t ix = x.element(position % x.out, tap % x.kernel);
    double sum = 0;
    if (iz >= 0 && iy >= 0 && ix >= 0) {
      const T* image = operands.in<T>(0) + ((iz * y.in + iy) * x.in + ix) * g.channels_in + in;
      const T* gradient = operands.in<T>(1) + position * g.channels_out + out;
      const int64_t image_step = window_elements(g.axes) * g.channels_in;
      const int64_t gradient_step = window_positions(g.axes) * g.channels_out;
      for (int64_t i = 0; i < g.batch; ++i, image += image_step, gradient += gradient_step) {
        sum = std::fma(static_cast<double>(*image), static_cast<double>(*gradient), sum);
      }
    }
    operands.out<T>(0)[index] = static_cast<T>(sum);
  }
};

std::unique_ptr<Kernel> make_local_weight_gradient_on_device(const KernelRequest& request,
                                                             std::string*) {
  const ConvolutionGeometry geometry = locally_connected_geometry(
      request.attributes, request.inputs[0].shape, request.inputs[1].shape.back());
  auto kernel = cuda::kernel_for("locally_connected_weight_gradient", request);
  kernel->set_flops(convolution_flops(geometry));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), LocalWeightGradient<T>{geometry});
  });
  return kernel;
}

}  // namespace

void locally_connected_weight_gradient_cuda_kernels(KernelTable& table) {
  table.add("locally_connected_weight_gradient", {"cuda", make_local_weight_gradient_on_device});
}

}  // namespace castalia
