#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// One element of a few of the larger images, which share the weights: the sum over the windows that
// cover it.
template <typename T>
struct LocallyConnectedTransposeElements {
  static constexpr int kImages = 4;

  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const int64_t elements = window_elements(g.axes);
    const int64_t taps = window_taps(g.axes);
    const int64_t channel = index % g.channels_in;
    const int64_t element = index / g.channels_in % elements;
    const int64_t first = index / g.channels_in / elements * kImages;
    const T* const weights = operands.in<T>(1) + channel * g.channels_out;
    // Beyond the last image it is computed once more.
    const T* images[kImages];
    for (int i = 0; i < kImages; ++i) {
      const int64_t image = first + i < g.batch ? first + i : g.batch - 1;
      images[i] = operands.in<T>(0) + image * window_positions(g.axes) * g.channels_out;
    }
    T sums[kImages] = {};
    for_each_window_over(g.axes, element, [&](int64_t position, int64_t tap) {
      const T* const weight = weights + (position * taps + tap) * g.channels_in * g.channels_out;
      for (int64_t o = 0; o < g.channels_out; ++o) {
        for (int i = 0; i < kImages; ++i) {
          sums[i] = std::fma(images[i][position * g.channels_out + o], weight[o], sums[i]);
        }
      }
    });
    T* const out = operands.out<T>(0) + element * g.channels_in + channel;
    for (int i = 0; i < kImages && first + i < g.batch; ++i) {
      out[(first + i) * elements * g.channels_in] = sums[i];
    }
  }
};

std::unique_ptr<Kernel> make_locally_connected_transpose_on_device(const KernelRequest& request,
                                                                   std::string*) {
  const ConvolutionGeometry geometry = locally_connected_geometry(
      request.attributes, request.outputs[0].shape, request.inputs[0].shape.back());
  auto kernel = cuda::kernel_for("locally_connected_transpose", request);
  kernel->set_flops(convolution_flops(geometry));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    using Body = LocallyConnectedTransposeElements<T>;
    const int64_t several = (geometry.batch + Body::kImages - 1) / Body::kImages;
    kernel->each(several * window_elements(geometry.axes) * geometry.channels_in, Body{geometry});
  });
  return kernel;
}

}  // namespace

void locally_connected_transpose_cuda_kernels(KernelTable& table) {
  table.add("locally_connected_transpose", {"cuda", make_locally_connected_transpose_on_device});
}

}  // namespace castalia
