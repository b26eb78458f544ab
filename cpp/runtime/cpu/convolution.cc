#include "cpp/runtime/cpu/convolution.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/runtime/cpu/convolution_product.h"

namespace castalia::cpu {
namespace {

// Weights of at most this size are packed as a whole, larger ones a block at a time.
constexpr int64_t kPackAllBytes = 1024 * 1024;
constexpr int64_t kPackBytes = 256 * 1024;  // a block, in the second-level cache
constexpr int64_t kPackDepth = 4 * kProductDepth;
constexpr int64_t kMaxDepth = 8 * kProductDepth;  // of what is summed at a time
template <typename T>
constexpr int64_t kMaxColumns = 1024 / static_cast<int64_t>(sizeof(T));
constexpr int64_t kBlockRows = 48;       // positions that pass by a panel of weights
constexpr int64_t kTilePositions = 512;  // fewer, and packing weights would cost too much
// That pass together, phase by phase, where all weights are packed: what is read and written stays
// in a cache meanwhile. Fewer, and the borders of images would fill no vectors.
constexpr int64_t kBandPositions = 1024;
constexpr int64_t kMinTileColumns = 64;  // a multiple of every panel's width
constexpr int64_t kWantedTiles = 16;

constexpr int64_t divide_up(int64_t x, int64_t y) { return (x + y - 1) / y; }
constexpr int64_t round_up(int64_t x, int64_t unit) { return divide_up(x, unit) * unit; }
constexpr int64_t divide_down(int64_t x, int64_t y) { return x >= 0 ? x / y : -divide_up(-x, y); }

// Positions that see the same taps, in order.
void find_intervals(SlidingAxis& axis, int64_t first, int64_t last, int64_t read_extent) {
  for (int64_t q = first; q < last; ++q) {
    const auto inside = [&](const SlidingAxis::Tap& tap) {
      const int64_t at = q * axis.read_step + tap.offset;
      return at >= 0 && at < read_extent;
    };
    // Offsets rise with the tap, or fall: those inside stand together.
    const auto begin = std::find_if(axis.taps.begin(), axis.taps.end(), inside);
    const auto end = std::find_if_not(begin, axis.taps.end(), inside);
    const SlidingAxis::Interval here{q, q + 1, begin - axis.taps.begin(), end - axis.taps.begin()};
    if (!axis.intervals.empty() && axis.intervals.back().tap_first == here.tap_first &&
        axis.intervals.back().tap_last == here.tap_last) {
      axis.intervals.back().last = q + 1;
    } else {
      axis.intervals.push_back(here);
    }
  }
}

}  // namespace

double ConvolutionShape::flops() const {
  if (groups == 0) return 0;
  return 2.0 * static_cast<double>(images) * static_cast<double>(out_positions()) *
         static_cast<double>(taps()) * static_cast<double>(channels_in / groups) *
         static_cast<double>(channels_out);
}

SlidingAxis forward_axis(const ConvolutionAxis& axis) {
  SlidingAxis sliding;
  sliding.read_step = axis.stride;
  for (int64_t t = 0; t < axis.kernel; ++t) {
    sliding.taps.push_back({t, t * axis.dilation - axis.padding});
  }
  find_intervals(sliding, 0, axis.out, axis.in);
  return sliding;
}

std::vector<SlidingAxis> transposed_axes(const ConvolutionAxis& axis) {
  std::vector<SlidingAxis> all;
  for (int64_t remainder = 0; remainder < axis.stride; ++remainder) {
    // Element i of the input has i + padding = q * stride + remainder, and tap t brings it output
    // q - (t * dilation - remainder) / stride, where that is a whole number.
    SlidingAxis sliding;
    sliding.write_step = axis.stride;
    sliding.write_base = remainder - axis.padding;
    for (int64_t t = 0; t < axis.kernel; ++t) {
      const int64_t distance = t * axis.dilation - remainder;
      if (distance % axis.stride == 0) sliding.taps.push_back({t, -distance / axis.stride});
    }
    const int64_t first = divide_up(std::max<int64_t>(axis.padding - remainder, 0), axis.stride);
    const int64_t last = divide_down(axis.in - 1 - sliding.write_base, axis.stride) + 1;
    if (last <= first) continue;
    find_intervals(sliding, first, last, axis.out);
    all.push_back(std::move(sliding));
  }
  return all;
}

// What the loops of one run share.
template <typename T>
struct SlidingProduct::Job {
  const T* from;
  const T* weights;  // where not all are packed
  T* to;
  const ConvolutionEpilogue<T>* epilogue;
  int64_t image_first, image_last;
  int64_t slab_first, slab_last;     // elements along the split axis that are written
  int64_t column_begin, column_end;  // of a group, that are written
  int64_t group;
  std::array<const SlidingAxis*, 3> axes;  // of this phase
  int64_t depth;                           // of its sums
  // The block of the weights' matrix that is multiplied with, and its panels.
  int64_t k_first, k_last, column_first, column_last;
  int64_t width;    // of a panel
  const T* packed;  // all weights, or null
  const T* panels;
  int64_t panel_stride;
  T* block;  // where blocks are packed
  ProductStep* steps;
  // Steps [part[i], part[i + 1]) belong to the i-th part of kProductDepth.
  std::array<int64_t, kMaxDepth / kProductDepth + 1> part;
  int64_t parts;
};

SlidingProduct SlidingProduct::forward(const ConvolutionShape& shape) {
  return SlidingProduct(shape, false);
}

SlidingProduct SlidingProduct::transposed(const ConvolutionShape& shape) {
  return SlidingProduct(shape, true);
}

SlidingProduct::SlidingProduct(const ConvolutionShape& shape, bool transposed)
    : shape_(shape), transposed_(transposed) {
  std::array<int64_t, 3> read, written;
  for (size_t i = 0; i < 3; ++i) {
    const ConvolutionAxis& axis = shape.axes[i];
    read[i] = transposed ? axis.out : axis.in;
    written[i] = transposed ? axis.in : axis.out;
    axes_[i] = transposed ? transposed_axes(axis) : std::vector{forward_axis(axis)};
  }
  const int64_t read_channels = transposed ? shape.channels_out : shape.channels_in;
  const int64_t written_channels = transposed ? shape.channels_in : shape.channels_out;
  read_stride_ = {read[1] * read[2] * read_channels, read[2] * read_channels, read_channels};
  write_stride_ = {written[1] * written[2] * written_channels, written[2] * written_channels,
                   written_channels};
  read_image_ = read[0] * read_stride_[0];
  write_image_ = written[0] * write_stride_[0];
  reduced_ = read_channels / shape.groups;
  columns_ = written_channels / shape.groups;
  depth_ = 0;
  depth_of_all_ = 0;
  for_each_phase([&](int64_t group, const auto&, int64_t depth) {
    if (group > 0) return;
    depth_ = std::max(depth_, depth);
    depth_of_all_ += depth;
  });

  split_ = written[0] > 1 ? 0 : written[1] > 1 ? 1 : 2;
  const int64_t extent = written[static_cast<size_t>(split_)];
  const int64_t positions = std::max<int64_t>(written[0] * written[1] * written[2], 1);
  const int64_t slabs =
      std::clamp<int64_t>(positions / kTilePositions, 1, std::max<int64_t>(extent, 1));
  slab_ = std::max<int64_t>(1, divide_up(extent, slabs));
  slabs_per_image_ = write_image_ == 0 ? 0 : divide_up(extent, slab_);
  images_per_tile_ = slabs_per_image_ > 1 ? 1 : divide_up(kTilePositions, positions);
  row_tiles_ = divide_up(shape.images, images_per_tile_) * slabs_per_image_;
  band_tiles_ =
      divide_up(kBandPositions, slabs_per_image_ > 1 ? divide_up(positions, slabs_per_image_)
                                                     : images_per_tile_ * positions);
  if (row_tiles_ > 0 && shape.groups == 1) {
    column_tiles_ =
        std::clamp<int64_t>(kWantedTiles / row_tiles_, 1, divide_up(columns_, kMinTileColumns));
  }
  tile_columns_ = round_up(divide_up(columns_, column_tiles_), kMinTileColumns);
  column_tiles_ = divide_up(std::max<int64_t>(columns_, 1), std::max<int64_t>(tile_columns_, 1));
}

namespace {

// The block of the weights that is packed at a time.
template <typename T>
int64_t packed_columns(int64_t columns) {
  return std::min(kMaxColumns<T>, round_up(std::max<int64_t>(columns, 1), kMaxProductPanel<T>));
}

template <typename T>
int64_t packed_depth(int64_t depth, int64_t columns) {
  const int64_t fits = kPackBytes / (packed_columns<T>(columns) * static_cast<int64_t>(sizeof(T)));
  return std::min(depth,
                  std::clamp(fits / kProductDepth * kProductDepth, kProductDepth, kPackDepth));
}

}  // namespace

template <typename Visit>
void SlidingProduct::for_each_phase(Visit visit) const {
  for (int64_t group = 0; group < shape_.groups; ++group) {
    for (const SlidingAxis& z : axes_[0]) {
      for (const SlidingAxis& y : axes_[1]) {
        for (const SlidingAxis& x : axes_[2]) {
          const std::array<const SlidingAxis*, 3> axes = {&z, &y, &x};
          int64_t depth = reduced_;
          for (const SlidingAxis* axis : axes) depth *= static_cast<int64_t>(axis->taps.size());
          visit(group, axes, depth);
        }
      }
    }
  }
}

std::string SlidingProduct::packed_form() const {
  std::string form = text(transposed_ ? "transposed" : "forward", " sliding panels, ", reduced_,
                          " to ", columns_, " channels in ", shape_.groups, " groups");
  for (const ConvolutionAxis& a : shape_.axes) {
    form +=
        text("; ", a.in, " ", a.out, " ", a.kernel, " ", a.stride, " ", a.dilation, " ", a.padding);
  }
  return form;
}

// For each group and phase: panels one after another, each of the depth of the phase.
template <typename T>
size_t SlidingProduct::packed_bytes() const {
  const int64_t width = product_panel_width<T>();
  return static_cast<size_t>(shape_.groups * depth_of_all_ * round_up(columns_, width)) * sizeof(T);
}

template <typename T>
void SlidingProduct::pack(const T* weights, T* packed) const {
  pack_columns(weights, 0, columns_, packed);
}

// The columns of every group; `first` is the first of a panel.
template <typename T>
void SlidingProduct::pack_columns(const T* weights, int64_t first, int64_t last, T* packed) const {
  Job<T> job{};
  job.weights = weights;
  job.column_first = first;
  job.column_last = last;
  job.width = product_panel_width<T>();
  for_each_phase([&](int64_t group, const auto& axes, int64_t depth) {
    job.group = group;
    job.axes = axes;
    job.k_last = depth;
    pack_block(job, depth * job.width, packed + first * depth);
    packed += depth * round_up(columns_, job.width);
  });
}

template <typename T>
bool SlidingProduct::packs_all() const {
  const int64_t columns = round_up(columns_, kMaxProductPanel<T>);
  return shape_.groups * depth_of_all_ * columns * static_cast<int64_t>(sizeof(T)) <= kPackAllBytes;
}

template <typename T>
int64_t SlidingProduct::scratch_for_weights() const {
  const int64_t elements =
      packs_all<T>() ? shape_.groups * depth_of_all_ * round_up(columns_, kMaxProductPanel<T>)
                     : packed_depth<T>(depth_, columns_) * packed_columns<T>(columns_);
  return round_up(elements * static_cast<int64_t>(sizeof(T)), 64);
}

template <typename T>
size_t SlidingProduct::scratch_bytes() const {
  return static_cast<size_t>(scratch_for_weights<T>()) +
         static_cast<size_t>(std::min(depth_, kMaxDepth)) * sizeof(ProductStep);
}

template <typename T>
void SlidingProduct::run(const T* from, const T* weights, T* to,
                         const ConvolutionEpilogue<T>& epilogue, std::byte* scratch, int64_t first,
                         int64_t last) const {
  Job<T> job{};
  job.from = from;
  job.to = to;
  job.epilogue = &epilogue;
  job.block = reinterpret_cast<T*>(scratch);
  job.steps = reinterpret_cast<ProductStep*>(scratch + scratch_for_weights<T>());
  run_tiles(job, weights, first, last);
}

template <typename T>
void SlidingProduct::run_packed(const T* from, const T* packed, T* to,
                                const ConvolutionEpilogue<T>& epilogue, std::byte* scratch,
                                int64_t first, int64_t last) const {
  Job<T> job{};
  job.from = from;
  job.to = to;
  job.epilogue = &epilogue;
  job.packed = packed;
  job.steps = reinterpret_cast<ProductStep*>(scratch);
  run_tiles(job, static_cast<const T*>(nullptr), first, last);
}

template <typename T>
void SlidingProduct::run_tiles(Job<T>& job, const T* weights, int64_t first, int64_t last) const {
  check(first >= 0 && last <= tiles(), "convolution: tiles ", first, " to ", last, " of ", tiles());
  job.width = product_panel_width<T>();
  const bool pack_all = weights != nullptr && packs_all<T>();
  if (pack_all) {
    job.packed = job.block;
  } else {
    job.weights = weights;
  }
  while (first < last) {
    const int64_t tile = first / row_tiles_;
    const int64_t end = std::min(last, (tile + 1) * row_tiles_);
    job.column_begin = tile * tile_columns_;
    job.column_end = std::min(columns_, job.column_begin + tile_columns_);
    if (pack_all) pack_columns(weights, job.column_begin, job.column_end, job.block);
    run_rows(job, first - tile * row_tiles_, end - tile * row_tiles_);
    first = end;
  }
}

// Whole images pass together, and with weights that are not all packed as many as there are, so
// that these are packed once for all of them.
template <typename T>
void SlidingProduct::run_rows(Job<T>& job, int64_t first, int64_t last) const {
  const ConvolutionAxis& axis = shape_.axes[static_cast<size_t>(split_)];
  const int64_t written = transposed_ ? axis.in : axis.out;
  const int64_t slabs = slabs_per_image_;
  while (first < last) {
    const int64_t slab = first % slabs;
    const int64_t most = job.packed != nullptr ? std::min(last, first + band_tiles_) : last;
    const int64_t whole = slab == 0 ? (most - first) / slabs : 0;
    const int64_t end = whole > 0 ? first + whole * slabs : std::min(most, first - slab + slabs);
    job.image_first = first / slabs * images_per_tile_;
    job.image_last =
        std::min(shape_.images, job.image_first + std::max<int64_t>(whole, 1) * images_per_tile_);
    job.slab_first = slab * slab_;
    job.slab_last = whole > 0 ? written : std::min(written, (slab + end - first) * slab_);
    run_slab(job);
    first = end;
  }
}

template <typename T>
void SlidingProduct::run_slab(Job<T>& job) const {
  const T* packed = job.packed;
  for_each_phase([&](int64_t group, const auto& axes, int64_t depth) {
    job.group = group;
    job.axes = axes;
    job.depth = depth;
    run_phase(job, packed);
    if (packed != nullptr) packed += depth * round_up(columns_, job.width);
  });
  finish(job);
}

template <typename T>
void SlidingProduct::run_phase(Job<T>& job, const T* packed) const {
  const int64_t deep =
      packed != nullptr ? kMaxDepth : packed_depth<T>(std::max<int64_t>(job.depth, 1), columns_);
  for (int64_t column = job.column_begin; column < job.column_end; column += kMaxColumns<T>) {
    job.column_first = column;
    job.column_last = std::min(job.column_end, column + kMaxColumns<T>);
    // Once also when nothing is summed: the result is zero.
    job.k_first = 0;
    do {
      job.k_last = std::min(job.depth, job.k_first + deep);
      if (packed != nullptr) {
        job.panel_stride = job.depth * job.width;
        job.panels = packed + column * job.depth + job.k_first * job.width;
      } else {
        job.panel_stride = (job.k_last - job.k_first) * job.width;
        job.panels = job.block;
        pack_block(job, job.panel_stride, job.block);
      }
      for (const auto& z : job.axes[0]->intervals) {
        for (const auto& y : job.axes[1]->intervals) {
          for (const auto& x : job.axes[2]->intervals) run_class(job, {&z, &y, &x});
        }
      }
      job.k_first = job.k_last;
    } while (job.k_first < job.depth);
  }
}

// Row k of the matrix is a tap of this phase and a channel that is read; columns are channels that
// are written.
template <typename T>
void SlidingProduct::pack_block(const Job<T>& job, int64_t panel_stride, T* packed) const {
  const int64_t columns = job.column_last - job.column_first;
  const int64_t in_channels = shape_.channels_in / shape_.groups;
  const auto& [z_axis, y_axis, x_axis] = job.axes;
  int64_t k = 0;
  for (const auto& z : z_axis->taps) {
    for (const auto& y : y_axis->taps) {
      for (const auto& x : x_axis->taps) {
        const int64_t begin = std::max(job.k_first, k);
        const int64_t end = std::min(job.k_last, k + reduced_);
        if (begin < end) {
          const int64_t tap =
              (z.index * shape_.axes[1].kernel + y.index) * shape_.axes[2].kernel + x.index;
          const T* const weights = job.weights + tap * in_channels * shape_.channels_out;
          const int64_t channel = begin - k;
          const T* const from = transposed_ ? weights + job.column_first * shape_.channels_out +
                                                  job.group * reduced_ + channel
                                            : weights + channel * shape_.channels_out +
                                                  job.group * columns_ + job.column_first;
          pack_panels(from, shape_.channels_out, transposed_, end - begin, columns, panel_stride,
                      packed + (begin - job.k_first) * job.width);
        }
        k += reduced_;
      }
    }
  }
}

template <typename T>
void SlidingProduct::find_steps(Job<T>& job,
                                const std::array<const SlidingAxis::Interval*, 3>& where) const {
  const auto& axes = job.axes;
  const auto taps = [&](size_t i) { return static_cast<int64_t>(axes[i]->taps.size()); };
  const auto offset = [&](size_t i, int64_t tap) {
    return axes[i]->taps[static_cast<size_t>(tap)].offset * read_stride_[i];
  };
  int64_t count = 0;
  job.part[0] = 0;
  job.parts = 1;
  for (int64_t z = where[0]->tap_first; z < where[0]->tap_last; ++z) {
    for (int64_t y = where[1]->tap_first; y < where[1]->tap_last; ++y) {
      for (int64_t x = where[2]->tap_first; x < where[2]->tap_last; ++x) {
        const int64_t k = ((z * taps(1) + y) * taps(2) + x) * reduced_ - job.k_first;
        const int64_t at = offset(0, z) + offset(1, y) + offset(2, x);
        const int64_t begin = std::max<int64_t>(0, -k);
        const int64_t end = std::min(reduced_, job.k_last - job.k_first - k);
        for (int64_t channel = begin; channel < end; ++channel) {
          for (; k + channel >= job.parts * kProductDepth; ++job.parts) {
            job.part[static_cast<size_t>(job.parts)] = count;
          }
          job.steps[count++] = {at + channel, (k + channel) * job.width};
        }
      }
    }
  }
  job.part[static_cast<size_t>(job.parts)] = count;
}

template <typename T>
void SlidingProduct::run_class(Job<T>& job,
                               const std::array<const SlidingAxis::Interval*, 3>& where) const {
  std::array<int64_t, 3> begin, end;
  for (size_t i = 0; i < 3; ++i) {
    begin[i] = where[i]->first;
    end[i] = where[i]->last;
    if (static_cast<int>(i) == split_) {
      const SlidingAxis& axis = *job.axes[i];
      begin[i] =
          std::max(begin[i], -divide_down(axis.write_base - job.slab_first, axis.write_step));
      end[i] = std::min(end[i], -divide_down(axis.write_base - job.slab_last, axis.write_step));
    }
    if (begin[i] >= end[i]) return;
  }
  find_steps(job, where);

  std::array<const T*, kBlockRows> a;
  std::array<T*, kBlockRows> c;
  GatheredProduct<T> product;
  product.a = a.data();
  product.c = c.data();
  product.b = job.panels;
  product.panel_stride = job.panel_stride;
  product.columns = job.column_last - job.column_first;
  const T* const bias = job.epilogue->bias == nullptr
                            ? nullptr
                            : job.epilogue->bias + job.group * columns_ + job.column_first;
  const auto flush = [&] {
    for (int64_t i = 0; i < job.parts; ++i) {
      const int64_t first = job.part[static_cast<size_t>(i)];
      product.steps = job.steps + first;
      product.depth = job.part[static_cast<size_t>(i) + 1] - first;
      product.add = job.k_first > 0 || i > 0;
      // The first part writes and the last one finishes even when they are empty.
      const bool ends = job.k_last == job.depth && i == job.parts - 1;
      product.bias = ends ? bias : nullptr;
      product.relu = ends && job.epilogue->relu;
      const bool finishes = product.bias != nullptr || product.relu;
      if (product.depth > 0 || !product.add || finishes) run_product(product);
    }
    product.rows = 0;
  };
  std::array<int64_t, 3> read, write;
  for (size_t i = 0; i < 3; ++i) {
    read[i] = job.axes[i]->read_step * read_stride_[i];
    write[i] = job.axes[i]->write_step * write_stride_[i];
  }
  const T* from = job.from + job.group * reduced_;
  T* to = job.to + job.group * columns_ + job.column_first;
  for (size_t i = 0; i < 3; ++i) {
    from += begin[i] * read[i];
    to += begin[i] * write[i] + job.axes[i]->write_base * write_stride_[i];
  }
  for (int64_t image = job.image_first; image < job.image_last; ++image) {
    for (int64_t z = 0; z < end[0] - begin[0]; ++z) {
      for (int64_t y = 0; y < end[1] - begin[1]; ++y) {
        const T* a_line = from + image * read_image_ + z * read[0] + y * read[1];
        T* c_line = to + image * write_image_ + z * write[0] + y * write[1];
        for (int64_t x = 0; x < end[2] - begin[2]; ++x) {
          a[static_cast<size_t>(product.rows)] = a_line;
          c[static_cast<size_t>(product.rows)] = c_line;
          a_line += read[2];
          c_line += write[2];
          if (++product.rows == kBlockRows) flush();
        }
      }
    }
  }
  if (product.rows > 0) flush();
}

// Of one image, or of images that are written whole: the elements lie together.
template <typename T>
void SlidingProduct::finish(const Job<T>& job) const {
  const int64_t channels = write_stride_[2];
  const int64_t step = write_stride_[static_cast<size_t>(split_)];
  const int64_t first = job.image_first * write_image_ + job.slab_first * step;
  const int64_t elements =
      (job.image_last - job.image_first) * (job.slab_last - job.slab_first) * step;
  // Groups share a tile; otherwise it has some of the columns.
  const bool all = shape_.groups > 1;
  job.epilogue->finish_rows(all ? first : first + job.column_begin, elements / channels, channels,
                            all ? channels : job.column_end - job.column_begin);
}

#define CASTALIA_INSTANTIATE(T)                                                               \
  template size_t SlidingProduct::scratch_bytes<T>() const;                                   \
  template size_t SlidingProduct::packed_bytes<T>() const;                                    \
  template void SlidingProduct::pack<T>(const T*, T*) const;                                  \
  template void SlidingProduct::run<T>(const T*, const T*, T*, const ConvolutionEpilogue<T>&, \
                                       std::byte*, int64_t, int64_t) const;                   \
  template void SlidingProduct::run_packed<T>(                                                \
      const T*, const T*, T*, const ConvolutionEpilogue<T>&, std::byte*, int64_t, int64_t) const;
CASTALIA_INSTANTIATE(float)
CASTALIA_INSTANTIATE(double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
