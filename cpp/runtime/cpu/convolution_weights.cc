// The gradient of a convolution with respect to its weights:
//   weights[tap, ci, co] = sum over images and positions p of in[p * stride + tap, ci] * out[p,
//   co].
// Rows of the product are (tap, ci), its depth is the positions. The gradient of the output is
// packed, a block of positions at a time; each tap is multiplied over the positions at which it
// falls inside, in place or in a copy that fits the cache better. With very few channels there
// would be few rows that take the same steps, so the lines of the image that a block sees are
// copied first, with zeros around them: then all taps fall inside everywhere.
#include <algorithm>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/convolution.h"
#include "cpp/runtime/cpu/convolution_product.h"

namespace castalia::cpu {
namespace {

constexpr int64_t kFewChannels = 4;  // below: too few rows for the product's kernel
constexpr int64_t kPaddedElements = 16 * 1024;
constexpr int64_t kJobRows = 512;  // with kTileColumns floats: 256 KB of weights
// Fewer, and packing the gradient would cost too much.
constexpr int64_t kMinTileRows = 256;
constexpr int64_t kMinPaddedRows = 24;
constexpr int64_t kTileColumns = 128;
// Channels of a tap are copied so many at a time where they meet as many columns: neighbouring
// positions often lie a power of two apart and would push each other out of the cache. The copies
// lie further apart than that.
constexpr int64_t kCopiedRows = 64;
constexpr int64_t kCopyDistance = kCopiedRows + 4;
constexpr int64_t kCopyColumns = 64;
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
  T* lines;  // of the image, padded
  T* copies;
  ProductStep* copied_steps;
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
  choose_blocks();

  column_tiles_ = divide_up(columns_, kTileColumns);
  tile_columns_ = column_tiles_ == 0 ? 0 : round_up(divide_up(columns_, column_tiles_), 32);
  const int64_t wanted =
      divide_up(kWantedTiles, std::max<int64_t>(1, shape.groups * column_tiles_));
  row_tiles_ = columns_ == 0 ? 0
                             : std::clamp(rows_ / (pad_ ? kMinPaddedRows : kMinTileRows),
                                          std::min<int64_t>(rows_, 1), wanted);
  copy_ = !pad_ && tile_columns_ >= kCopyColumns;
  tile_rows_ = row_tiles_ == 0 ? 0 : divide_up(rows_, row_tiles_);
  row_tiles_ = tile_rows_ == 0 ? 0 : divide_up(rows_, tile_rows_);
}

void WeightGradient::choose_blocks() {
  const auto& [z, y, x] = shape_.axes;
  const int64_t channels = shape_.channels_in / shape_.groups;
  block_width_ = std::clamp<int64_t>(x.out, 1, kProductDepth);
  block_lines_ = block_width_ < x.out ? 1 : std::max<int64_t>(1, kProductDepth / block_width_);
  if (channels >= kFewChannels || rows_ == 0) return;
  // Whole planes, where there is more than one.
  const int64_t in_plane = std::max<int64_t>(y.out, 1);
  const int64_t lines = block_lines_ > in_plane ? block_lines_ / in_plane * in_plane : block_lines_;
  const auto seen = [](const ConvolutionAxis& axis, int64_t positions) {
    return (positions - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
  };
  line_elements_ = seen(x, block_width_) * channels;
  plane_lines_ = seen(y, std::min(lines, in_plane));
  const int64_t planes = lines % in_plane == 0 ? lines / in_plane : (lines - 2) / in_plane + 2;
  // Not where most of them would be passed by: a stride or a dilation that is very large.
  const double elements = static_cast<double>(planes * z.kernel) *
                          static_cast<double>(plane_lines_) * static_cast<double>(line_elements_);
  pad_ = elements <= static_cast<double>(std::max(kPaddedElements, rows_ * lines * block_width_));
  if (!pad_) return;
  lines_elements_ = planes * z.kernel * plane_lines_ * line_elements_;
  block_lines_ = lines;
}

// For the copies and their steps.
template <typename T>
int64_t WeightGradient::copy_bytes() const {
  const int64_t positions = block_lines_ * block_width_;
  return copy_ ? positions * (kCopyDistance * static_cast<int64_t>(sizeof(T)) +
                              static_cast<int64_t>(sizeof(ProductStep)))
               : 0;
}

template <typename T>
size_t WeightGradient::scratch_bytes() const {
  const int64_t positions = block_lines_ * block_width_;
  const int64_t columns = round_up(std::min(columns_, tile_columns_), kMaxProductPanel<T>);
  const int64_t size = static_cast<int64_t>(sizeof(T));
  return static_cast<size_t>(round_up(positions * columns * size, 64) +
                             positions * static_cast<int64_t>(sizeof(ProductStep)) +
                             lines_elements_ * size + copy_bytes<T>());
}

template <typename T>
void WeightGradient::run(const T* in, const T* out_gradient, T* weights,
                         const ConvolutionEpilogue<T>& epilogue, std::byte* scratch, int64_t first,
                         int64_t last) const {
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
  job.lines = reinterpret_cast<T*>(job.steps + positions);
  job.copied_steps = job.steps + positions;  // either these or lines
  job.copies = reinterpret_cast<T*>(job.copied_steps + positions);
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
    const T* const lowest = row_of_weights(job, mirrored_ ? job.row_last - 1 : job.row_first);
    epilogue.finish_rows(lowest - weights, job.row_last - job.row_first, shape_.channels_out,
                         job.column_last - job.column_first);
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
      if (pad_) {
        const int64_t depth = copy_padded(job, block);
        multiply_padded(job, depth);
      } else {
        multiply_by_taps(job, block);
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
void WeightGradient::multiply_padded(Job<T>& job, int64_t depth) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t channels = shape_.channels_in / shape_.groups;
  std::array<const T*, kRowsTogether> a;
  std::array<T*, kRowsTogether> c;
  GatheredProduct<T> product{.a = a.data(),
                             .c = c.data(),
                             .steps = job.steps,
                             .depth = depth,
                             .b = job.packed,
                             .panel_stride = depth * job.width,
                             .columns = job.column_last - job.column_first,
                             .add = !job.first_block};
  for (int64_t row = job.row_first; row < job.row_last; row += product.rows) {
    product.rows = std::min(kRowsTogether, job.row_last - row);
    for (int64_t i = 0; i < product.rows; ++i) {
      const int64_t tap = (row + i) / channels;
      const int64_t line =
          tap / x.kernel / y.kernel * plane_lines_ + tap / x.kernel % y.kernel * y.dilation;
      a[static_cast<size_t>(i)] = job.lines + line * line_elements_ +
                                  tap % x.kernel * x.dilation * channels + (row + i) % channels;
      c[static_cast<size_t>(i)] = row_of_weights(job, row + i);
    }
    run_product(product);
  }
}

// Copies what the block sees, and writes the steps of all taps over its positions; returns how many
// these are. Of every plane of output lines that the block has a part of, the copy has for each tap
// along z the lines of the image from the first that is seen on.
template <typename T>
int64_t WeightGradient::copy_padded(Job<T>& job, const Block& block) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t channels = shape_.channels_in / shape_.groups;
  int64_t count = 0;
  T* to = job.lines;
  Line line(shape_, block.line_first);
  for (int64_t i = block.line_first; i < block.line_last;) {
    const int64_t lines = std::min(block.line_last - i, y.out - line.y);
    const int64_t first_y = line.y * y.stride - y.padding;
    const int64_t seen = (lines - 1) * y.stride + (y.kernel - 1) * y.dilation + 1;
    for (int64_t k = 0; k < lines; ++k) {
      const int64_t a = to - job.lines + k * y.stride * line_elements_;
      for (int64_t ox = 0; ox < block.width(); ++ox, ++count) {
        job.steps[count] = {a + ox * x.stride * channels, count * job.width};
      }
    }
    for (int64_t tz = 0; tz < z.kernel; ++tz) {
      const int64_t iz = line.z * z.stride + tz * z.dilation - z.padding;
      for (int64_t k = 0; k < seen; ++k) {
        copy_padded_line(job, block, line.image, iz, first_y + k, to + k * line_elements_);
      }
      to += plane_lines_ * line_elements_;
    }
    for (int64_t k = 0; k < lines; ++k) line.advance();
    i += lines;
  }
  return count;
}

template <typename T>
void WeightGradient::copy_padded_line(const Job<T>& job, const Block& block, int64_t image,
                                      int64_t iz, int64_t iy, T* to) const {
  const auto& [z, y, x] = shape_.axes;
  const int64_t channels = shape_.channels_in / shape_.groups;
  if (iz < 0 || iz >= z.in || iy < 0 || iy >= y.in) {
    std::fill_n(to, line_elements_, T(0));
    return;
  }
  const int64_t first = block.x_first * x.stride - x.padding;
  const int64_t last = (block.x_last - 1) * x.stride - x.padding + (x.kernel - 1) * x.dilation + 1;
  const int64_t begin = std::clamp<int64_t>(0, first, last);
  const int64_t end = std::clamp<int64_t>(x.in, begin, last);
  const T* const from =
      job.in + (image * z.in + iz) * in_stride_[0] + iy * in_stride_[1] + job.group * channels;
  to = std::fill_n(to, (begin - first) * channels, T(0));
  if (shape_.groups == 1) {
    to = std::copy_n(from + begin * channels, (end - begin) * channels, to);
  } else {
    for (int64_t ix = begin; ix < end; ++ix) {
      to = std::copy_n(from + ix * in_stride_[2], channels, to);
    }
  }
  std::fill_n(to, (last - end) * channels, T(0));
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
void WeightGradient::multiply_by_taps(Job<T>& job, const Block& block) const {
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
      product.rows = std::min(copy_ ? kCopiedRows : kRowsTogether, end - row);
      const T* from = job.in + job.group * channels + row - tap * channels;
      if (copy_) {
        copy_rows(job, from, product.rows, product.depth);
        product.steps = job.copied_steps;
        from = job.copies;
      }
      for (int64_t i = 0; i < product.rows; ++i) {
        a[static_cast<size_t>(i)] = from + i;
        c[static_cast<size_t>(i)] = row_of_weights(job, row + i);
      }
      run_product(product);
    }
  }
}

// What the steps read of so many rows.
template <typename T>
void WeightGradient::copy_rows(const Job<T>& job, const T* from, int64_t rows,
                               int64_t depth) const {
  T* to = job.copies;
  for (int64_t k = 0; k < depth; ++k, to += kCopyDistance) {
    const T* const row = from + job.steps[k].a;
    if (rows == kCopiedRows) {
      std::copy_n(row, kCopiedRows, to);
    } else {
      std::copy_n(row, rows, to);
    }
    job.copied_steps[k] = {k * kCopyDistance, job.steps[k].b};
  }
}

#define CASTALIA_INSTANTIATE(T)                                                               \
  template size_t WeightGradient::scratch_bytes<T>() const;                                   \
  template void WeightGradient::run<T>(const T*, const T*, T*, const ConvolutionEpilogue<T>&, \
                                       std::byte*, int64_t, int64_t) const;
CASTALIA_INSTANTIATE(float)
CASTALIA_INSTANTIATE(double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
