#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct LocallyConnectedElement {
  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const int64_t channel = index % g.channels_out;
    const int64_t place = index / g.channels_out;
    const int64_t positions = window_positions(g.axes);
    const int64_t position = place % positions;
    const T* const image =
        operands.in<T>(0) + place / positions * window_elements(g.axes) * g.channels_in;
    const int64_t seen_of_position = window_taps(g.axes) * g.channels_in;
    const T* const weights =
        operands.in<T>(1) + position * seen_of_position * g.channels_out + channel;
    T sum = 0;
    for_each_tap_at(g.axes, position, [&](int64_t element, int64_t tap) {
      const T* const seen = image + element * g.channels_in;
      const T* weight = weights + tap * g.channels_in * g.channels_out;
      for (int64_t i = 0; i < g.channels_in; ++i, weight += g.channels_out) {
        sum = std::fma(seen[i], *weight, sum);
      }
    });
    operands.out<T>(0)[index] = sum;
  }
};

std::unique_ptr<Kernel> make_locally_connected_on_device(const KernelRequest& request,
                                                         std::string*) {
  const ConvolutionGeometry geometry = locally_connected_geometry(
      request.attributes, request.inputs[0].shape, request.outputs[0].shape.back());
  auto kernel = cuda::kernel_for("locally_connected", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    kernel->each(request.outputs[0].shape.count(), LocallyConnectedElement<T>{geometry});
  });
  return kernel;
}

}  // namespace

void locally_connected_cuda_kernels(KernelTable& table) {
  table.add("locally_connected", {"cuda", make_locally_connected_on_device});
}

}  // namespace castalia
