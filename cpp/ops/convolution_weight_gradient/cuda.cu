#include <algorithm>
#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/product_tile_cuda.h"
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

// The products of one group: rows are the weights of one channel of the result, columns its
// channels, and the sums run over the positions of all images.
template <typename T>
struct WeightGradientTerms {
  const ConvolutionGeometry& geometry;
  const TilePlace* rows;  // where its channel lies, and the element at position 0
  const T* images;        // the group's first channel
  const T* gradients;     // the tile's first column
  int64_t columns;

  CASTALIA_ANYWHERE bool a_along_sum() const { return false; }
  CASTALIA_ANYWHERE bool b_along_sum() const { return false; }
  struct Place {
    int64_t k;
    TilePlace step;  // from position 0
  };
  CASTALIA_ANYWHERE Place place(int64_t k) const {
    const WindowAxis& z = geometry.axes[0];
    const WindowAxis& y = geometry.axes[1];
    const WindowAxis& x = geometry.axes[2];
    const int64_t line = k / x.out;
    const int64_t plane = line / y.out;
    const int64_t image = plane / z.out;
    return {k,
            {image * window_elements(geometry.axes), (plane - image * z.out) * z.stride,
             (line - plane * y.out) * y.stride, (k - line * x.out) * x.stride}};
  }
  CASTALIA_ANYWHERE T a(const Place& place, int row) const {
    const WindowAxes& axes = geometry.axes;
    const TilePlace& from = rows[row];
    const int64_t z = from.z + place.step.z;
    const int64_t y = from.y + place.step.y;
    const int64_t x = from.x + place.step.x;
    if (from.start < 0 || z < 0 || z >= axes[0].in || y < 0 || y >= axes[1].in || x < 0 ||
        x >= axes[2].in) {
      return 0;
    }
    return images[(place.step.start + (z * axes[1].in + y) * axes[2].in + x) *
                      geometry.channels_in +
                  from.start];
  }
  CASTALIA_ANYWHERE T b(const Place& place, int column) const {
    return column < columns ? gradients[place.k * geometry.channels_out + column] : T(0);
  }
};

template <typename T, int ColumnsOfThread>
struct WeightGradientTile {
  using Tile = ProductTile<T, ColumnsOfThread>;
  static constexpr size_t kShared = Tile::kSharedBytes + Tile::kRows * sizeof(TilePlace);

  WeightGradientPieces shape;
  int64_t down, across;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    const ConvolutionGeometry& g = shape.geometry;
    const WindowAxis& z = g.axes[0];
    const WindowAxis& y = g.axes[1];
    const WindowAxis& x = g.axes[2];
    const int64_t channels = g.channels_in_of_group();
    const int64_t first_column = block.index % across * Tile::kColumns;
    const int64_t first_row = block.index / across % down * Tile::kRows;
    const int64_t group = block.index / across / down % g.groups;
    const int64_t piece = block.index / across / down / g.groups;
    const int64_t channel = group * g.channels_out_of_group() + first_column;
    auto* const rows = reinterpret_cast<TilePlace*>(block.shared + Tile::kSharedBytes);
    block.each(Tile::kRows, [&](int64_t i) {
      const int64_t row = first_row + i;
      const int64_t tap = row / channels;
      const bool there = tap < window_taps(g.axes);
      rows[i] = {there ? row % channels : -1, tap / x.kernel / y.kernel * z.dilation - z.before,
                 tap / x.kernel % y.kernel * y.dilation - y.before,
                 tap % x.kernel * x.dilation - x.before};
    });
    block.sync();
    const WeightGradientTerms<T> terms{g, rows, operands.in<T>(0) + group * channels,
                                       operands.in<T>(1) + channel,
                                       g.channels_out_of_group() - first_column};
    T* const sums =
        shape.pieces == 1 ? operands.out<T>(0) : operands.memory<T>() + piece * shape.weights;
    T* const out = sums + first_row * g.channels_out + channel;
    const int64_t all = g.batch * window_positions(g.axes);
    const int64_t first = piece * shape.piece;
    Tile::run(block, block.shared, terms, first,
              first + shape.piece < all ? first + shape.piece : all, [&](int i, int j, T sum) {
                if (rows[i].start >= 0 && j < terms.columns) out[i * g.channels_out + j] = sum;
              });
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

// Cuts the sums so that `threads` become enough to fill a device, into pieces of no less than
// `least` positions.
WeightGradientPieces weight_gradient_pieces(const KernelRequest& request, int64_t threads,
                                            int64_t least) {
  constexpr int64_t kEnough = int64_t{1} << 18;
  WeightGradientPieces shape{.geometry = weight_gradient_on_device(request),
                             .weights = request.outputs[0].shape.count(),
                             .piece = 1,
                             .pieces = 1};
  const int64_t all = shape.geometry.batch * window_positions(shape.geometry.axes);
  const int64_t wanted = std::clamp<int64_t>(kEnough / threads, 1, all / least + 1);
  shape.piece = std::max(least, (all + wanted - 1) / wanted);
  shape.pieces = std::max<int64_t>(1, (all + shape.piece - 1) / shape.piece);
  return shape;
}

template <typename T, int Columns>
WeightGradientPieces add_weight_gradient_tiles(cuda::ParallelKernel& kernel,
                                               const KernelRequest& request) {
  using Tile = ProductTile<T, Columns>;
  using Body = WeightGradientTile<T, Columns>;
  const ConvolutionGeometry g = weight_gradient_on_device(request);
  const int64_t rows = window_taps(g.axes) * g.channels_in_of_group();
  const int64_t down = (rows + Tile::kRows - 1) / Tile::kRows;
  const int64_t across = (g.channels_out_of_group() + Tile::kColumns - 1) / Tile::kColumns;
  const int64_t tiles = g.groups * down * across;
  const WeightGradientPieces shape =
      weight_gradient_pieces(request, tiles * Tile::kThreads, 8 * Tile::kSlice);
  kernel.blocks<Tile::kThreads>(shape.pieces * tiles, Body::kShared, Body{shape, down, across});
  return shape;
}

std::unique_ptr<Kernel> make_weight_gradient_on_device(const KernelRequest& request, std::string*) {
  const ConvolutionGeometry geometry = weight_gradient_on_device(request);
  auto kernel = cuda::kernel_for("convolution_weight_gradient", request);
  if (request.outputs[0].shape.count() == 0) return kernel;
  kernel->set_flops(convolution_flops(geometry));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    WeightGradientPieces shape;
    if (geometry.channels_out_of_group() < kLeastTileColumns) {
      shape = weight_gradient_pieces(request, request.outputs[0].shape.count(), 32);
      kernel->each(shape.pieces * shape.weights, WeightGradientPiece<T>{shape});
    } else {
      with_tile_columns(geometry.channels_out_of_group(), [&]<int Columns>() {
        shape = add_weight_gradient_tiles<T, Columns>(*kernel, request);
      });
    }
    if (shape.pieces > 1) {
      kernel->reserve(static_cast<size_t>(shape.pieces * shape.weights) * sizeof(T));
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
