#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// One element of the larger images: the sum over the windows that cover it.
template <typename T>
struct ConvolutionTransposeElement {
  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const int64_t channel = index % g.channels_in;
    const int64_t place = index / g.channels_in;
    const int64_t elements = window_elements(g.axes);
    const int64_t c_in = g.channels_in_of_group();
    const int64_t c_out = g.channels_out_of_group();
    const int64_t first = channel / c_in * c_out;
    const T* const image =
        operands.in<T>(0) + place / elements * window_positions(g.axes) * g.channels_out + first;
    const T* const weights = operands.in<T>(1) + channel % c_in * g.channels_out + first;
    T sum = 0;
    for_each_window_over(g.axes, place % elements, [&](int64_t position, int64_t tap) {
      const T* const seen = image + position * g.channels_out;
      const T* const weight = weights + tap * c_in * g.channels_out;
      for (int64_t o = 0; o < c_out; ++o) sum = std::fma(seen[o], weight[o], sum);
    });
    operands.out<T>(0)[index] = sum;
  }
};

ConvolutionGeometry convolution_transpose_on_device(const KernelRequest& request) {
  return convolution_geometry(request.attributes, request.outputs[0].shape,
                              request.inputs[1].shape);
}

std::unique_ptr<Kernel> make_convolution_transpose_by_cudnn(const KernelRequest& request,
                                                            std::string* refusal) {
  return make_library_convolution("convolution_transpose", convolution_transpose_on_device(request),
                                  request.outputs[0].dtype, cuda::ConvolutionResult::images,
                                  refusal);
}

std::unique_ptr<Kernel> make_convolution_transpose_on_device(const KernelRequest& request,
                                                             std::string*) {
  const ConvolutionGeometry geometry = convolution_transpose_on_device(request);
  auto kernel = cuda::kernel_for("convolution_transpose", request);
  kernel->set_flops(convolution_flops(geometry));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), ConvolutionTransposeElement<T>{geometry});
  });
  return kernel;
}

}  // namespace

void convolution_transpose_cuda_kernels(KernelTable& table) {
  table.add("convolution_transpose", {"cudnn", make_convolution_transpose_by_cudnn});
  table.add("convolution_transpose", {"cuda", make_convolution_transpose_on_device});
}

}  // namespace castalia
