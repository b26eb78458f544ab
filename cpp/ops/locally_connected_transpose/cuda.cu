#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// One element of the larger images: the sum over the windows that cover it.
template <typename T>
struct LocallyConnectedTransposeElement {
  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const int64_t channel = index % g.channels_in;
    const int64_t place = index / g.channels_in;
    const int64_t elements = window_elements(g.axes);
    const int64_t taps = window_taps(g.axes);
    const T* const image =
        operands.in<T>(0) + place / elements * window_positions(g.axes) * g.channels_out;
    const T* const weights = operands.in<T>(1) + channel * g.channels_out;
    T sum = 0;
    for_each_window_over(g.axes, place % elements, [&](int64_t position, int64_t tap) {
      const T* const seen = image + position * g.channels_out;
      const T* const weight = weights + (position * taps + tap) * g.channels_in * g.channels_out;
      for (int64_t o = 0; o < g.channels_out; ++o) sum = std::fma(seen[o], weight[o], sum);
    });
    operands.out<T>(0)[index] = sum;
  }
};

std::unique_ptr<Kernel> make_locally_connected_transpose_on_device(const KernelRequest& request,
                                                                   std::string*) {
  const ConvolutionGeometry geometry = locally_connected_geometry(
      request.attributes, request.outputs[0].shape, request.inputs[0].shape.back());
  auto kernel = cuda::kernel_for("locally_connected_transpose", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), LocallyConnectedTransposeElement<T>{geometry});
  });
  return kernel;
}

}  // namespace

void locally_connected_transpose_cuda_kernels(KernelTable& table) {
  table.add("locally_connected_transpose", {"cuda", make_locally_connected_transpose_on_device});
}

}  // namespace castalia
