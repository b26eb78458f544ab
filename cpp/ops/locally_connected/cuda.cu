#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// One element of the results of a few images, which share the weights.
template <typename T>
struct LocallyConnectedElements {
  static constexpr int kImages = 4;

  ConvolutionGeometry geometry;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = geometry;
    const int64_t positions = window_positions(g.axes);
    const int64_t channel = index % g.channels_out;
    const int64_t position = index / g.channels_out % positions;
    const int64_t first = index / g.channels_out / positions * kImages;
    const int64_t seen = window_taps(g.axes) * g.channels_in;  // of a position
    const T* const weights = operands.in<T>(1) + position * seen * g.channels_out + channel;
    // Beyond the last image it is computed once more.
    const T* images[kImages];
    for (int i = 0; i < kImages; ++i) {
      const int64_t image = first + i < g.batch ? first + i : g.batch - 1;
      images[i] = operands.in<T>(0) + image * window_elements(g.axes) * g.channels_in;
    }
    T sums[kImages] = {};
    for_each_tap_at(g.axes, position, [&](int64_t element, int64_t tap) {
      const T* weight = weights + tap * g.channels_in * g.channels_out;
      for (int64_t c = 0; c < g.channels_in; ++c, weight += g.channels_out) {
        for (int i = 0; i < kImages; ++i) {
          sums[i] = std::fma(images[i][element * g.channels_in + c], *weight, sums[i]);
        }
      }
    });
    T* const out = operands.out<T>(0) + position * g.channels_out + channel;
    for (int i = 0; i < kImages && first + i < g.batch; ++i) {
      out[(first + i) * positions * g.channels_out] = sums[i];
    }
  }
};

std::unique_ptr<Kernel> make_locally_connected_on_device(const KernelRequest& request,
                                                         std::string*) {
  const ConvolutionGeometry geometry = locally_connected_geometry(
      request.attributes, request.inputs[0].shape, request.outputs[0].shape.back());
  auto kernel = cuda::kernel_for("locally_connected", request);
  kernel->set_flops(convolution_flops(geometry));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    using Body = LocallyConnectedElements<T>;
    const int64_t several = (geometry.batch + Body::kImages - 1) / Body::kImages;
    kernel->each(several * window_positions(geometry.axes) * geometry.channels_out, Body{geometry});
  });
  return kernel;
}

}  // namespace

void locally_connected_cuda_kernels(KernelTable& table) {
  table.add("locally_connected", {"cuda", make_locally_connected_on_device});
}

}  // namespace castalia
