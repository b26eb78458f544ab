#include <algorithm>
#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {
namespace {

// The sum over all positions of all images is cut into pieces of so many, for which each thread
// sums one weight.
struct WeightGradientPieces {
  ConvolutionGeometry geometry;
  int64_t weights, piece, pieces;
};

template <typename T>
struct WeightGradientPiece {
  WeightGradientPieces shape;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const ConvolutionGeometry& g = shape.geometry;
    const int64_t weight = index % shape.weights;
    const int64_t piece = index / shape.weights;
    const int64_t c_in = g.channels_in_of_group();
    const int64_t out = weight % g.channels_out;
    const int64_t in = out / g.channels_out_of_group() * c_in + weight / g.channels_out % c_in;
    const int64_t tap = weight / g.channels_out / c_in;
    const WindowAxis& z = g.axes[0];
    const WindowAxis& y = g.axes[1];
    const WindowAxis& x = g.axes[2];
    const int64_t tx = tap % x.kernel;
    const int64_t ty = tap / x.kernel % y.kernel;
    const int64_t tz = tap / x.kernel / y.kernel;
    // Where the piece begins, and from there on position by position.
    const int64_t first = piece * shape.piece;
    const int64_t all = g.batch * window_positions(g.axes);
    const int64_t last = first + shape.piece < all ? first + shape.piece : all;
    int64_t ox = first % x.out;
    int64_t oy = first / x.out % y.out;
    int64_t oz = first / x.out / y.out % z.out;
    const T* images = operands.in<T>(0) +
                      first / window_positions(g.axes) * window_elements(g.axes) * g.channels_in +
                      in;
    const T* gradient = operands.in<T>(1) + first * g.channels_out + out;
    T sum = 0;
    for (int64_t place = first; place < last; ++place, gradient += g.channels_out) {
      const int64_t iz = z.element(oz, tz);
      const int64_t iy = y.element(oy, ty);
      const int64_t ix = x.element(ox, tx);
      if (iz >= 0 && iy >= 0 && ix >= 0) {
        sum = std::fma(images[((iz * y.in + iy) * x.in + ix) * g.channels_in], *gradient, sum);
      }
      if (++ox < x.out) continue;
      ox = 0;
      if (++oy < y.out) continue;
      oy = 0;
      if (++oz < z.out) continue;
      oz = 0;
      images += window_elements(g.axes) * g.channels_in;
    }
    (shape.pieces == 1 ? operands.out<T>(0) : operands.memory<T>())[index] = sum;
  }
};

template <typename T>
struct WeightGradientSum {
  int64_t weights, pieces;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t weight) const {
    double sum = 0;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      sum += static_cast<double>(operands.memory<T>()[piece * weights + weight]);
    }
    operands.out<T>(0)[weight] = static_cast<T>(sum);
  }
};

ConvolutionGeometry weight_gradient_on_device(const KernelRequest& request) {
  return convolution_geometry(request.attributes, request.inputs[0].shape,
                              request.attributes.integers("kernel"),
                              request.inputs[1].shape.back());
}

std::unique_ptr<Kernel> make_weight_gradient_by_cudnn(const KernelRequest& request,
                                                      std::string* refusal) {
  return make_library_convolution("convolution_weight_gradient", weight_gradient_on_device(request),
                                  request.outputs[0].dtype, cuda::ConvolutionResult::filters,
                                  refusal);
}

std::unique_ptr<Kernel> make_weight_gradient_on_device(const KernelRequest& request, std::string*) {
  // Enough threads to fill a device, but no pieces of a few positions.
  constexpr int64_t kThreads = int64_t{1} << 18;
  constexpr int64_t kLeast = 32;
  WeightGradientPieces shape{.geometry = weight_gradient_on_device(request),
                             .weights = request.outputs[0].shape.count(),
                             .piece = 1,
                             .pieces = 1};
  auto kernel = cuda::kernel_for("convolution_weight_gradient", request);
  if (shape.weights == 0) return kernel;
  kernel->set_flops(convolution_flops(shape.geometry));
  const int64_t all = shape.geometry.batch * window_positions(shape.geometry.axes);
  const int64_t wanted = std::clamp<int64_t>(kThreads / shape.weights, 1, all / kLeast + 1);
  shape.piece = std::max<int64_t>(1, (all + wanted - 1) / wanted);
  shape.pieces = std::max<int64_t>(1, (all + shape.piece - 1) / shape.piece);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    if (shape.pieces > 1) {
      kernel->reserve(static_cast<size_t>(shape.pieces * shape.weights) * sizeof(T));
    }
    kernel->each(shape.pieces * shape.weights, WeightGradientPiece<T>{shape});
    if (shape.pieces > 1) {
      kernel->each(shape.weights, WeightGradientSum<T>{shape.weights, shape.pieces});
    }
  });
  return kernel;
}

}  // namespace

void convolution_weight_gradient_cuda_kernels(KernelTable& table) {
  table.add("convolution_weight_gradient", {"cudnn", make_weight_gradient_by_cudnn});
  table.add("convolution_weight_gradient", {"cuda", make_weight_gradient_on_device});
}

}  // namespace castalia
