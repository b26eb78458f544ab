#include <cmath>

#include "cpp/ops/convolution_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/product_tile_cuda.h"
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

// The products of one group: rows are elements of all images, columns their channels, and the sums
// run over taps and channels of the positions. A stride leaves terms that are zero.
template <typename T>
struct ConvolutionTransposeTerms {
  const ConvolutionGeometry& geometry;
  const TilePlace* rows;
  const T* images;   // the group's first channel
  const T* weights;  // the tile's first column and the group's first channel
  int64_t columns;

  CASTALIA_ANYWHERE bool a_along_sum() const { return true; }
  CASTALIA_ANYWHERE bool b_along_sum() const { return true; }
  struct Place {
    int64_t tap;
    TilePlace at;  // the tap, and the channel
  };
  CASTALIA_ANYWHERE Place place(int64_t k) const {
    const WindowAxes& axes = geometry.axes;
    const int64_t channels = geometry.channels_out_of_group();
    const int64_t tap = k / channels;
    return {tap,
            {k % channels, tap / axes[2].kernel / axes[1].kernel,
             tap / axes[2].kernel % axes[1].kernel, tap % axes[2].kernel}};
  }
  CASTALIA_ANYWHERE T a(const Place& place, int row) const {
    const WindowAxes& axes = geometry.axes;
    const TilePlace& from = rows[row];
    if (from.start < 0) return 0;
    const int64_t z = position_over(axes[0], from.z, place.at.z);
    const int64_t y = position_over(axes[1], from.y, place.at.y);
    const int64_t x = position_over(axes[2], from.x, place.at.x);
    if (z < 0 || y < 0 || x < 0) return 0;
    return images[(from.start + (z * axes[1].out + y) * axes[2].out + x) * geometry.channels_out +
                  place.at.start];
  }
  CASTALIA_ANYWHERE T b(const Place& place, int column) const {
    if (column >= columns) return 0;
    return weights[(place.tap * geometry.channels_in_of_group() + column) * geometry.channels_out +
                   place.at.start];
  }
};

template <typename T, int ColumnsOfThread>
struct ConvolutionTransposeTile {
  using Tile = ProductTile<T, ColumnsOfThread>;
  static constexpr size_t kShared = Tile::kSharedBytes + Tile::kRows * sizeof(TilePlace);

  ConvolutionGeometry geometry;
  int64_t down, across;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    const ConvolutionGeometry& g = geometry;
    const WindowAxis& y = g.axes[1];
    const WindowAxis& x = g.axes[2];
    const int64_t column = block.index % across * Tile::kColumns;
    const int64_t first_row = block.index / across % down * Tile::kRows;
    const int64_t group = block.index / across / down;
    const int64_t elements = window_elements(g.axes);
    const int64_t given = group * g.channels_out_of_group();
    auto* const rows = reinterpret_cast<TilePlace*>(block.shared + Tile::kSharedBytes);
    block.each(Tile::kRows, [&](int64_t i) {
      const int64_t row = first_row + i;
      const int64_t element = row % elements;
      const bool there = row < g.batch * elements;
      rows[i] = {there ? row / elements * window_positions(g.axes) : -1, element / x.in / y.in,
                 element / x.in % y.in, element % x.in};
    });
    block.sync();
    const ConvolutionTransposeTerms<T> terms{g, rows, operands.in<T>(0) + given,
                                             operands.in<T>(1) + column * g.channels_out + given,
                                             g.channels_in_of_group() - column};
    T* const out =
        operands.out<T>(0) + first_row * g.channels_in + group * g.channels_in_of_group() + column;
    Tile::run(block, block.shared, terms, 0, window_taps(g.axes) * g.channels_out_of_group(),
              [&](int i, int j, T sum) {
                if (rows[i].start >= 0 && j < terms.columns) out[i * g.channels_in + j] = sum;
              });
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
    const int64_t columns = geometry.channels_in_of_group();
    if (columns < kLeastTileColumns) {
      kernel->each(request.outputs[0].shape.count(), ConvolutionTransposeElement<T>{geometry});
      return;
    }
    with_tile_columns(columns, [&]<int Columns>() {
      using Tile = ProductTile<T, Columns>;
      const int64_t rows = geometry.batch * window_elements(geometry.axes);
      const int64_t down = (rows + Tile::kRows - 1) / Tile::kRows;
      const int64_t across = (columns + Tile::kColumns - 1) / Tile::kColumns;
      using Body = ConvolutionTransposeTile<T, Columns>;
      kernel->template blocks<Tile::kThreads>(geometry.groups * down * across, Body::kShared,
                                              Body{geometry, down, across});
    });
  });
  return kernel;
}

}  // namespace

void convolution_transpose_cuda_kernels(KernelTable& table) {
  table.add("convolution_transpose", {"cudnn", make_convolution_transpose_by_cudnn});
  table.add("convolution_transpose", {"cuda", make_convolution_transpose_on_device});
}

}  // namespace castalia
