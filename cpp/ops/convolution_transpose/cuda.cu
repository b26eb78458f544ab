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

// The elements first, first + stride, ... of an axis are seen by the same taps, first_tap,
// first_tap + tap_step, ...: from one to the next the position moves by `move`.
struct TransposePhase {
  int64_t first, first_tap, taps, tap_step, move;

  CASTALIA_ANYWHERE TransposePhase(const WindowAxis& axis, int64_t first) : first(first) {
    // The smallest step of taps that leads over a multiple of the stride, if there is one.
    tap_step = 1;
    while (tap_step < axis.kernel && tap_step * axis.dilation % axis.stride != 0) ++tap_step;
    move = tap_step * axis.dilation / axis.stride;
    first_tap = 0;
    while (first_tap < tap_step &&
           (first + axis.before - first_tap * axis.dilation) % axis.stride != 0) {
      ++first_tap;
    }
    taps = first_tap < tap_step ? (axis.kernel - first_tap + tap_step - 1) / tap_step : 0;
  }
  // The position whose first tap sees an element, in the image or not.
  CASTALIA_ANYWHERE int64_t position(const WindowAxis& axis, int64_t element) const {
    return (element + axis.before - first_tap * axis.dilation) / axis.stride;
  }
};

// The products of one group and phase: rows are elements of all images, columns their channels, and
// the sums run over taps and channels of the positions.
template <typename T>
struct ConvolutionTransposeTerms {
  const ConvolutionGeometry& geometry;
  const TransposePhase (&phases)[3];
  const TilePlace* rows;  // the position of the first tap
  const T* images;        // the group's first channel
  const T* weights;       // the tile's first column and the group's first channel
  int64_t columns;

  CASTALIA_ANYWHERE bool a_along_sum() const { return true; }
  CASTALIA_ANYWHERE bool b_along_sum() const { return true; }
  struct Place {
    int64_t weight;
    TilePlace back;  // from the first tap's position, and the channel
  };
  CASTALIA_ANYWHERE Place place(int64_t k) const {
    const WindowAxes& axes = geometry.axes;
    const int64_t channels = geometry.channels_out_of_group();
    const int64_t number = k / channels;
    const int64_t z = number / phases[2].taps / phases[1].taps;
    const int64_t y = number / phases[2].taps % phases[1].taps;
    const int64_t x = number % phases[2].taps;
    const auto tap = [&](int axis, int64_t i) {
      return phases[axis].first_tap + i * phases[axis].tap_step;
    };
    const int64_t whole = (tap(0, z) * axes[1].kernel + tap(1, y)) * axes[2].kernel + tap(2, x);
    const int64_t channel = k % channels;
    return {whole * geometry.channels_in_of_group() * geometry.channels_out + channel,
            {channel, z * phases[0].move, y * phases[1].move, x * phases[2].move}};
  }
  CASTALIA_ANYWHERE T a(const Place& place, int row) const {
    const WindowAxes& axes = geometry.axes;
    const TilePlace& from = rows[row];
    const int64_t z = from.z - place.back.z;
    const int64_t y = from.y - place.back.y;
    const int64_t x = from.x - place.back.x;
    if (from.start < 0 || z < 0 || z >= axes[0].out || y < 0 || y >= axes[1].out || x < 0 ||
        x >= axes[2].out) {
      return 0;
    }
    return images[(from.start + (z * axes[1].out + y) * axes[2].out + x) * geometry.channels_out +
                  place.back.start];
  }
  CASTALIA_ANYWHERE T b(const Place& place, int column) const {
    return column < columns ? weights[place.weight + column * geometry.channels_out] : T(0);
  }
};

template <typename T, int ColumnsOfThread>
struct ConvolutionTransposeTile {
  using Tile = ProductTile<T, ColumnsOfThread>;
  static constexpr size_t kShared =
      Tile::kSharedBytes + Tile::kRows * (sizeof(TilePlace) + sizeof(int64_t));

  ConvolutionGeometry geometry;
  int64_t down, across;

  // The phases of an axis, and the elements of the largest one.
  static CASTALIA_ANYWHERE int64_t phases_of(const WindowAxis& axis) {
    return axis.stride < axis.in ? axis.stride : axis.in;
  }
  static CASTALIA_ANYWHERE int64_t most(const WindowAxis& axis) {
    return (axis.in + axis.stride - 1) / axis.stride;
  }

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    const ConvolutionGeometry& g = geometry;
    const WindowAxis& z = g.axes[0];
    const WindowAxis& y = g.axes[1];
    const WindowAxis& x = g.axes[2];
    const int64_t column = block.index % across * Tile::kColumns;
    const int64_t first_row = block.index / across % down * Tile::kRows;
    const int64_t group = block.index / across / down % g.groups;
    const int64_t phase = block.index / across / down / g.groups;
    const TransposePhase phases[3] = {{z, phase / phases_of(x) / phases_of(y)},
                                      {y, phase / phases_of(x) % phases_of(y)},
                                      {x, phase % phases_of(x)}};
    const int64_t given = group * g.channels_out_of_group();
    auto* const rows = reinterpret_cast<TilePlace*>(block.shared + Tile::kSharedBytes);
    auto* const elements = reinterpret_cast<int64_t*>(rows + Tile::kRows);  // or -1
    block.each(Tile::kRows, [&](int64_t i) {
      const int64_t line = (first_row + i) / most(x);
      const int64_t plane = line / most(y);
      const int64_t image = plane / most(z);
      const int64_t iz = phases[0].first + plane % most(z) * z.stride;
      const int64_t iy = phases[1].first + line % most(y) * y.stride;
      const int64_t ix = phases[2].first + (first_row + i) % most(x) * x.stride;
      const bool there = image < g.batch && iz < z.in && iy < y.in && ix < x.in;
      elements[i] = there ? ((image * z.in + iz) * y.in + iy) * x.in + ix : -1;
      rows[i] = {there ? image * window_positions(g.axes) : -1, phases[0].position(z, iz),
                 phases[1].position(y, iy), phases[2].position(x, ix)};
    });
    block.sync();
    const ConvolutionTransposeTerms<T> terms{g,
                                             phases,
                                             rows,
                                             operands.in<T>(0) + given,
                                             operands.in<T>(1) + column * g.channels_out + given,
                                             g.channels_in_of_group() - column};
    const int64_t taps = phases[0].taps * phases[1].taps * phases[2].taps;
    T* const out = operands.out<T>(0) + group * g.channels_in_of_group() + column;
    Tile::run(block, block.shared, terms, 0, taps * g.channels_out_of_group(),
              [&](int i, int j, T sum) {
                if (elements[i] >= 0 && j < terms.columns) {
                  out[elements[i] * g.channels_in + j] = sum;
                }
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
      using Body = ConvolutionTransposeTile<T, Columns>;
      const auto& [z, y, x] = geometry.axes;
      const int64_t rows = geometry.batch * Body::most(z) * Body::most(y) * Body::most(x);
      const int64_t phases = Body::phases_of(z) * Body::phases_of(y) * Body::phases_of(x);
      const int64_t down = (rows + Tile::kRows - 1) / Tile::kRows;
      const int64_t across = (columns + Tile::kColumns - 1) / Tile::kColumns;
      kernel->template blocks<Tile::kThreads>(phases * geometry.groups * down * across,
                                              Body::kShared, Body{geometry, down, across});
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
