// The gradient of a convolution with respect to its weights:
//   weights[tap, ci, co] = sum over images and positions p of in[p * stride + tap, ci] * out[p,
//   co].
// Rows of the product are (tap, ci), its depth is the positions. The gradient of the output is
// packed, a block of positions at a time; the image is read where it lies, each tap over the
// positions at which it falls inside. With very few channels a row of C would be left for each tap
// alone, so what each tap sees is copied side by side first, with zeros where it sticks out.
#include <algorithm>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/convolution.h"
#include "cpp/runtime/cpu/convolution_product.h"

namespace castalia::cpu {
namespace {

constexpr int64_t kUnfoldChannels = 4;  // below: too few rows for the product's kernel
constexpr int64_t kUnfoldBytes = 128 * 1024;
constexpr int64_t kJobRows = 512;  // with kTileColumns floats: 256 KB of weights
// Fewer, and packing the gradient would cost too much.
constexpr int64_t kMinTileRows = 256;
constexpr int64_t kMinUnfoldedRows = 24;
constexpr int64_t kTileColumns = 128;
constexpr int64_t kWantedTiles = 16;

constexpr int64_t divide_up(int64_t x, int64_t y) { return (x + y - 1) / y; }
constexpr int64_t round_up(int64_t x, int64_t unit) { return divide_up(x, unit) * unit; }

}  // namespace

// Output positions [x_first, x_last) of lines [line_first, line_last); a line is (image, z, y).
struct WeightGradient::Block {
  int64_t line_first, line_last, x_first, x_last;

  int64_t width() const { return x_last - x_first; }
  int64_t positions() const { return (line_last - line_first) * width(); }
};

// Where the lines of a block lie, one after another.
struct WeightGradient::Line {
  Line(const ConvolutionShape& shape, int64_t line)
      : shape(shape),
        image(line / shape.axes[1].out / shape.axes[0].out),
        z(line / shape.axes[1].out % shape.axes[0].out),
        y(line % shape.axes[1].out) {}

  void advance() {
    if (++y < shape.axes[1].out) return;
    y = 0;
    if (++z < shape.axes[0].out) return;
    z = 0;
    ++image;
  }

  const ConvolutionShape& shape;
  int64_t image, z, y;
};

template <typename T>
struct WeightGradient::Job {
  const T* in;
  const T* out;
  T* weights;
  int64_t group, row_first, row_last, column_first, column_last;
  bool first_block;
  int64_t width;  // of a panel
  T* packed;
  ProductStep* steps;
  T* unfolded;
};

namespace {

bool worth_mirroring(const ConvolutionShape& shape) {
  const auto slides_by_one = [](const ConvolutionAxis& axis) { return axis.stride == 1; };
  return shape.channels_out == 1 && shape.channels_in > 1 &&
         std::all_of(shape.axes.begin(), shape.axes.end(), slides_by_one);
}

// The convolution in which the images have changed places.
ConvolutionShape mirrored(const ConvolutionShape& shape) {
  ConvolutionShape other = shape;
  std::swap(other.channels_in, other.channels_out);
  for (ConvolutionAxis& axis : other.axes) {
    std::swap(axis.in, axis.out);
    axis.padding = axis.dilation * (axis.kernel - 1) - axis.padding;
  }
  return other;
}

}  // namespace

WeightGradient::WeightGradient(const ConvolutionShape& given)
    : shape_(worth_mirroring(given) ? mirrored(given) : given), mirrored_(worth_mirroring(given)) {
  const ConvolutionShape& shape = shape_;
  const auto& [z, y, x] = shape.axes;
  in_stride_ = {y.in * x.in * shape.channels_in, x.in * shape.channels_in, shape.channels_in};
  const int64_t channels = shape.channels_in / shape.groups;
  rows_ = shape.taps() * channels;
  columns_ = shape.channels_out / shape.groups;
  unfold_ = channels < kUnfoldChannels;

  column_tiles_ = divide_up(columns_, kTileColumns);
  tile_columns_ = column_tiles_ == 0 ? 0 : round_up(divide_up(columns_, column_tiles_), 32);
  const int64_t wanted =
      divide_up(kWantedTiles, std::max<int64_t>(1, shape.groups * column_tiles_));
  row_tiles_ = columns_ == 0 ? 0
                             : std::clamp(rows_ / (unfold_ ? kMinUnfoldedRows : kMinTileRows),
                                          std::min<int64_t>(rows_, 1), wanted);
  tile_rows_ = row_tiles_ == 0 ? 0 : divide_up(rows_, row_tiles_);
  row_tiles_ = tile_rows_ == 0 ? 0 : divide_up(rows_, tile_rows_);

  int64_t positions = kProductDepth;
  if (unfold_ && rows_ > 0) {
    // In doubles, whatever the type: both precisions then take the same blocks.
    positions = std::clamp<int64_t>(kUnfoldBytes / (rows_ * static_cast<int64_t>(sizeof(double))),
                                    8, kProductDepth);
  }
  block_width_ = std::clamp<int64_t>(x.out, 1, positions);
  block_lines_ = block_width_ < x.out ? 1 : std::max<int64_t>(1, positions / block_width_);
}

template <typename T>
size_t WeightGradient::scratch_bytes() const {
  const int64_t positions = block_lines_ * block_width_;
  const int64_t columns = round_up(std::min(columns_, tile_columns_), kMaxProductPanel<T>);
  const int64_t size = static_cast<int64_t>(sizeof(T));
  return static_cast<size_t>(round_up(positions * columns * size, 64) +
                             positions * static_cast<int64_t>(sizeof(ProductStep)) +
                             (unfold_ ? positions * rows_ * size : 0));
}

template <typename T>
void WeightGradient::run(const T* in, const T* out_gradient, T* weights, std::byte* scratch,
                         int64_t first, int64_t last) const {
  check(first >= 0 && last <= tiles(), "weight gradient: tiles ", first, " to ", last, " of ",
        tiles());
  const int64_t positions = block_lines_ * block_width_;
  const int64_t columns = round_up(std::min(columns_, tile_columns_), kMaxProductPanel<T>);
  Job<T> job{};
  job.in = mirrored_ ? out_gradient : in;
  job.out = mirrored_ ? in : out_gradient;
  job.weights = weights;
  job.width = product_panel_width<T>();
  job.packed = reinterpret_cast<T*>(scratch);
  scratch += round_up(positions * columns * static_cast<int64_t>(sizeof(T)), 64);
  job.steps = reinterpret_cast<ProductStep*>(scratch);
  job.unfolded = reinterpret_cast<T*>(job.steps + positions);
  // Tiles of the same columns pass together, so that they share what is packed.
  while (first < last) {
    const int64_t tower = first / row_tiles_;
    const int64_t row = first % row_tiles_;
    const int64_t most = std::max<int64_t>(1, kJobRows / tile_rows_);
    const int64_t end = std::min({last, (tower + 1) * row_tiles_, first + most});
    job.group = tower / column_tiles_;
    job.column_first = tower % column_tiles_ * tile_columns_;
    job.column_last = std::min(columns_, job.column_first + tile_columns_);
    job.row_first = row * tile_rows_;
    job.row_last = std::min(rows_, (row + end - first) * tile_rows_);
    run_rectangle(job);
    first = end;
  }
}

template <typename T>
void WeightGradient::run_rectangle(Job<T>& job) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t lines = shape_.images * z.out * y.out;
  job.first_block = true;
  for (int64_t line = 0; line < lines; line += block_lines_) {
    for (int64_t begin = 0; begin < x.out; begin += block_width_) {
      const Block block{line, std::min(lines, line + block_lines_), begin,
                        std::min(x.out, begin + block_width_)};
      // Positions of a block lie behind one another: it is several lines or a part of one.
      const T* const out = job.out + (line * x.out + begin) * shape_.channels_out +
                           job.group * columns_ + job.column_first;
      pack_panels(out, shape_.channels_out, false, block.positions(),
                  job.column_last - job.column_first, block.positions() * job.width, job.packed);
      if (unfold_) {
        unfold(job, block);
        multiply_unfolded(job, block);
      } else {
        multiply_in_place(job, block);
      }
      job.first_block = false;
    }
  }
  if (job.first_block) {
    for (int64_t row = job.row_first; row < job.row_last; ++row) {
      std::fill_n(row_of_weights(job, row), job.column_last - job.column_first, T(0));
    }
  }
}

template <typename T>
T* WeightGradient::row_of_weights(const Job<T>& job, int64_t row) const {
  return job.weights + (mirrored_ ? rows_ - 1 - row : row) * shape_.channels_out +
         job.group * columns_ + job.column_first;
}

// Rows are passed to the product a few at a time.
constexpr int64_t kRowsTogether = 96;

template <typename T>
void WeightGradient::multiply_unfolded(Job<T>& job, const Block& block) const {
  std::array<const T*, kRowsTogether> a;
  std::array<T*, kRowsTogether> c;
  for (int64_t position = 0; position < block.positions(); ++position) {
    job.steps[position] = {position, position * job.width};
  }
  GatheredProduct<T> product{.a = a.data(),
                             .c = c.data(),
                             .steps = job.steps,
                             .depth = block.positions(),
                             .b = job.packed,
                             .panel_stride = block.positions() * job.width,
                             .columns = job.column_last - job.column_first,
                             .add = !job.first_block};
  for (int64_t row = job.row_first; row < job.row_last; row += kRowsTogether) {
    product.rows = std::min(kRowsTogether, job.row_last - row);
    for (int64_t i = 0; i < product.rows; ++i) {
      a[static_cast<size_t>(i)] = job.unfolded + (row - job.row_first + i) * block.positions();
      c[static_cast<size_t>(i)] = row_of_weights(job, row + i);
    }
    run_product(product);
  }
}

// One line for every row of the job, a tap and a channel: what it sees at the positions of the
// block.
template <typename T>
void WeightGradient::unfold(Job<T>& job, const Block& block) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t channels = shape_.channels_in / shape_.groups;
  const int64_t step = x.stride * in_stride_[2];
  T* to = job.unfolded - block.x_first;
  for (int64_t row = job.row_first; row < job.row_last; ++row) {
    const int64_t tap = row / channels;
    const int64_t tx = tap % x.kernel;
    const int64_t first_y = tap / x.kernel % y.kernel * y.dilation - y.padding;
    const int64_t first_z = tap / x.kernel / y.kernel * z.dilation - z.padding;
    const Range inside = positions_inside(block, tx);
    const T* const in = job.in + job.group * channels + row % channels +
                        (tx * x.dilation - x.padding) * in_stride_[2];
    Line line(shape_, block.line_first);
    for (int64_t i = block.line_first; i < block.line_last; ++i, line.advance()) {
      const int64_t iz = line.z * z.stride + first_z;
      const int64_t iy = line.y * y.stride + first_y;
      const bool seen = iz >= 0 && iz < z.in && iy >= 0 && iy < y.in;
      const Range at = seen ? inside : Range{block.x_last, block.x_last};
      const T* const from = in + (line.image * z.in + iz) * in_stride_[0] + iy * in_stride_[1];
      for (int64_t ox = block.x_first; ox < at.first; ++ox) to[ox] = T(0);
      for (int64_t ox = at.first; ox < at.last; ++ox) to[ox] = from[ox * step];
      for (int64_t ox = at.last; ox < block.x_last; ++ox) to[ox] = T(0);
      to += block.width();
    }
  }
}

// The positions along x of a block at which tap t of x falls inside.
WeightGradient::Range WeightGradient::positions_inside(const Block& block, int64_t t) const {
  const ConvolutionAxis& x = shape_.axes[2];
  // 0 <= ox * stride + shift < in
  const int64_t shift = t * x.dilation - x.padding;
  const int64_t first = shift >= 0 ? 0 : divide_up(-shift, x.stride);
  const int64_t last = shift >= x.in ? 0 : divide_up(x.in - shift, x.stride);
  const int64_t end = std::clamp(last, block.x_first, block.x_last);
  return {std::clamp(first, block.x_first, end), end};
}

// The steps of one tap over the positions of a block at which it lies inside the image; offsets
// count from the first image's first element.
int64_t WeightGradient::find_steps(const Block& block, const std::array<int64_t, 3>& tap,
                                   int64_t width, ProductStep* steps) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t shift = tap[2] * x.dilation - x.padding;
  const Range at = positions_inside(block, tap[2]);
  int64_t count = 0;
  Line line(shape_, block.line_first);
  for (int64_t i = block.line_first; i < block.line_last; ++i, line.advance()) {
    const int64_t iz = line.z * z.stride + tap[0] * z.dilation - z.padding;
    const int64_t iy = line.y * y.stride + tap[1] * y.dilation - y.padding;
    if (iz >= 0 && iz < z.in && iy >= 0 && iy < y.in) {
      const int64_t a =
          (line.image * z.in + iz) * in_stride_[0] + iy * in_stride_[1] + shift * in_stride_[2];
      const int64_t b = (i - block.line_first) * block.width() - block.x_first;
      for (int64_t ox = at.first; ox < at.last; ++ox) {
        steps[count++] = {a + ox * x.stride * in_stride_[2], (b + ox) * width};
      }
    }
  }
  return count;
}

template <typename T>
void WeightGradient::multiply_in_place(Job<T>& job, const Block& block) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t channels = shape_.channels_in / shape_.groups;
  std::array<const T*, kRowsTogether> a;
  std::array<T*, kRowsTogether> c;
  GatheredProduct<T> product{.a = a.data(),
                             .c = c.data(),
                             .steps = job.steps,
                             .b = job.packed,
                             .panel_stride = block.positions() * job.width,
                             .columns = job.column_last - job.column_first,
                             .add = !job.first_block};
  for (int64_t tap = job.row_first / channels; tap * channels < job.row_last; ++tap) {
    product.depth =
        find_steps(block, {tap / x.kernel / y.kernel, tap / x.kernel % y.kernel, tap % x.kernel},
                   job.width, job.steps);
    if (product.depth == 0 && product.add) continue;
    const int64_t end = std::min(job.row_last, (tap + 1) * channels);
    for (int64_t row = std::max(job.row_first, tap * channels); row < end; row += product.rows) {
      product.rows = std::min(kRowsTogether, end - row);
      for (int64_t i = 0; i < product.rows; ++i) {
        a[static_cast<size_t>(i)] = job.in + job.group * channels + row - tap * channels + i;
        c[static_cast<size_t>(i)] = row_of_weights(job, row + i);
      }
      run_product(product);
    }
  }
}

#define CASTALIA_INSTANTIATE(T)                             \
  template size_t WeightGradient::scratch_bytes<T>() const; \
  template void WeightGradient::run<T>(const T*, const T*, T*, std::byte*, int64_t, int64_t) const;
CASTALIA_INSTANTIATE(float)
CASTALIA_INSTANTIATE(double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
