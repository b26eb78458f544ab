#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/product_tile_cuda.h"
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

// The products of one group: rows are positions of all images, columns channels of the result, and
// the sums run over taps and channels.
template <typename T>
struct ConvolutionTerms {
  const ConvolutionGeometry& geometry;
  const TilePlace* rows;  // the first tap of each
  const T* images;        // the group's first channel
  const T* weights;       // the tile's first column
  int64_t columns;

  CASTALIA_ANYWHERE bool a_along_sum() const { return true; }
  CASTALIA_ANYWHERE bool b_along_sum() const { return false; }
  struct Place {
    int64_t k;
    TilePlace tap;  // from the first one
  };
  CASTALIA_ANYWHERE Place place(int64_t k) const {
    const WindowAxis& z = geometry.axes[0];
    const WindowAxis& y = geometry.axes[1];
    const WindowAxis& x = geometry.axes[2];
    const int64_t channels = geometry.channels_in_of_group();
    const int64_t tap = k / channels;
    return {k,
            {k % channels, tap / x.kernel / y.kernel * z.dilation,
             tap / x.kernel % y.kernel * y.dilation, tap % x.kernel * x.dilation}};
  }
  CASTALIA_ANYWHERE T a(const Place& place, int row) const {
    const WindowAxes& axes = geometry.axes;
    const TilePlace& from = rows[row];
    const int64_t z = from.z + place.tap.z;
    const int64_t y = from.y + place.tap.y;
    const int64_t x = from.x + place.tap.x;
    if (from.start < 0 || z < 0 || z >= axes[0].in || y < 0 || y >= axes[1].in || x < 0 ||
        x >= axes[2].in) {
      return 0;
    }
    return images[(from.start + (z * axes[1].in + y) * axes[2].in + x) * geometry.channels_in +
                  place.tap.start];
  }
  CASTALIA_ANYWHERE T b(const Place& place, int column) const {
    return column < columns ? weights[place.k * geometry.channels_out + column] : T(0);
  }
};

template <typename T, int ColumnsOfThread>
struct ConvolutionTile {
  using Tile = ProductTile<T, ColumnsOfThread>;
  static constexpr size_t kShared = Tile::kSharedBytes + Tile::kRows * sizeof(TilePlace);

  ConvolutionGeometry geometry;
  int64_t down, across;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    const ConvolutionGeometry& g = geometry;
    const WindowAxis& z = g.axes[0];
    const WindowAxis& y = g.axes[1];
    const WindowAxis& x = g.axes[2];
    const int64_t first_column = block.index % across * Tile::kColumns;
    const int64_t first_row = block.index / across % down * Tile::kRows;
    const int64_t group = block.index / across / down;
    const int64_t channel = group * g.channels_out_of_group() + first_column;
    const int64_t positions = window_positions(g.axes);
    auto* const rows = reinterpret_cast<TilePlace*>(block.shared + Tile::kSharedBytes);
    block.each(Tile::kRows, [&](int64_t i) {
      const int64_t row = first_row + i;
      const int64_t position = row % positions;
      const bool there = row < g.batch * positions;
      rows[i] = {there ? row / positions * window_elements(g.axes) : -1,
                 position / x.out / y.out * z.stride - z.before,
                 position / x.out % y.out * y.stride - y.before,
                 position % x.out * x.stride - x.before};
    });
    block.sync();
    const ConvolutionTerms<T> terms{g, rows, operands.in<T>(0) + group * g.channels_in_of_group(),
                                    operands.in<T>(1) + channel,
                                    g.channels_out_of_group() - first_column};
    T* const out = operands.out<T>(0) + first_row * g.channels_out + channel;
    Tile::run(block, block.shared, terms, 0, window_taps(g.axes) * g.channels_in_of_group(),
              [&](int i, int j, T sum) {
                if (rows[i].start >= 0 && j < terms.columns) out[i * g.channels_out + j] = sum;
              });
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
    const int64_t columns = geometry.channels_out_of_group();
    if (columns < kLeastTileColumns) {
      kernel->each(request.outputs[0].shape.count(), ConvolutionElement<T>{geometry});
      return;
    }
    with_tile_columns(columns, [&]<int Columns>() {
      using Tile = ProductTile<T, Columns>;
      const int64_t rows = geometry.batch * window_positions(geometry.axes);
      const int64_t down = (rows + Tile::kRows - 1) / Tile::kRows;
      const int64_t across = (columns + Tile::kColumns - 1) / Tile::kColumns;
      using Body = ConvolutionTile<T, Columns>;
      kernel->template blocks<Tile::kThreads>(geometry.groups * down * across, Body::kShared,
                                              Body{geometry, down, across});
    });
  });
  return kernel;
}

}  // namespace

void convolution_cuda_kernels(KernelTable& table) {
  table.add("convolution", {"cudnn", make_convolution_by_cudnn});
  table.add("convolution", {"cuda", make_convolution_on_device});
}

}  // namespace castalia
