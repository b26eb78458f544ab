#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// One element of the result. Neighbouring threads compute neighbouring channels: they read the same
// element of the image and neighbouring weights.
template <typename T>
struct ConvolutionElement {
  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const int64_t channel = index % g.channels_out;
    const int64_t place = index / g.channels_out;
    const int64_t positions = window_positions(g.axes);
    const int64_t c_in = g.channels_in_of_group();
    const int64_t group = channel / g.channels_out_of_group();
    const T* const image = operands.in<T>(0) +
                           place / positions * window_elements(g.axes) * g.channels_in +
                           group * c_in;
    const T* const weights = operands.in<T>(1) + channel;
    T sum = 0;
    for_each_tap_at(g.axes, place % positions, [&](int64_t element, int64_t tap) {
      const T* const seen = image + element * g.channels_in;
      const T* weight = weights + tap * c_in * g.channels_out;
      for (int64_t i = 0; i < c_in; ++i, weight += g.channels_out) {
        sum = std::fma(seen[i], *weight, sum);
      }
    });
    operands.out<T>(0)[index] = sum;
  }
};

ConvolutionGeometry convolution_on_device(const KernelRequest& request) {
  return convolution_geometry(request.attributes, request.inputs[0].shape, request.inputs[1].shape);
}

std::unique_ptr<Kernel> make_convolution_by_cudnn(const KernelRequest& request,
                                                  std::string* refusal) {
  return make_library_convolution("convolution", convolution_on_device(request),
                                  request.outputs[0].dtype, cuda::ConvolutionResult::positions,
                                  refusal);
}

std::unique_ptr<Kernel> make_convolution_on_device(const KernelRequest& request, std::string*) {
  const ConvolutionGeometry geometry = convolution_on_device(request);
  auto kernel = cuda::kernel_for("convolution", request);
  kernel->set_flops(convolution_flops(geometry));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), ConvolutionElement<T>{geometry});
  });
  return kernel;
}

}  // namespace

void convolution_cuda_kernels(KernelTable& table) {
  table.add("convolution", {"cudnn", make_convolution_by_cudnn});
  table.add("convolution", {"cuda", make_convolution_on_device});
}

}  // namespace castalia
