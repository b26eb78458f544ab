// Convolutions that write few channels: products of all taps' weights with a block of positions,
// scattered.
#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/convolution.h"
#include "cpp/runtime/cpu/convolution_product.h"

namespace castalia::cpu {
namespace {

constexpr int64_t kFewChannels = 4;
constexpr int64_t kMaxProducts = 512;  // of one element: taps times written channels
constexpr int64_t kBlockElements = 16 * 1024;
constexpr int64_t kMaxTogether = 96;
constexpr int64_t kMinTogether = 32;
constexpr int64_t kSlabPositions = 4096;

constexpr int64_t divide_up(int64_t x, int64_t y) { return (x + y - 1) / y; }
constexpr int64_t round_up(int64_t x, int64_t unit) { return divide_up(x, unit) * unit; }

}  // namespace

template <typename T>
struct ScatteredProduct::Job {
  const T* from;
  const T* weights;
  T* to;
  int64_t image, group;
  std::array<int64_t, 3> first, last;  // elements that are written
  // Per tap along x: positions [begin, end) reach written elements, and the first position would
  // add to this one of a line.
  std::array<int64_t, kMaxProducts> begin, end, target;
  int64_t width;  // of a panel
  T* packed;      // channels that are read, by positions
  T* products;    // [taps, written channels, together_]
  ProductStep* steps;
  T* line;  // to sort a line with
};

// Positions [x_first, x_last) of lines [y_first, y_last) of a plane that is read.
struct ScatteredProduct::Block {
  int64_t z, y_first, y_last, x_first, x_last;

  int64_t width() const { return x_last - x_first; }
  int64_t positions() const { return (y_last - y_first) * width(); }
};

bool ScatteredProduct::suits(const ConvolutionShape& shape, bool transposed) {
  const int64_t columns = (transposed ? shape.channels_in : shape.channels_out) / shape.groups;
  const int64_t products = shape.taps() * columns;
  const auto slides_by_one = [](const ConvolutionAxis& axis) { return axis.stride == 1; };
  return columns > 0 && columns < kFewChannels && shape.taps() > 1 && products <= kMaxProducts &&
         (transposed || std::all_of(shape.axes.begin(), shape.axes.end(), slides_by_one));
}

ScatteredProduct ScatteredProduct::forward(const ConvolutionShape& shape) {
  return ScatteredProduct(shape, false);
}

ScatteredProduct ScatteredProduct::transposed(const ConvolutionShape& shape) {
  return ScatteredProduct(shape, true);
}

ScatteredProduct::ScatteredProduct(const ConvolutionShape& shape, bool transposed)
    : transposed_(transposed),
      images_(shape.images),
      groups_(shape.groups),
      taps_(shape.taps()),
      read_channels_(transposed ? shape.channels_out : shape.channels_in),
      written_channels_(transposed ? shape.channels_in : shape.channels_out) {
  reduced_ = read_channels_ / groups_;
  columns_ = written_channels_ / groups_;
  for (size_t i = 0; i < 3; ++i) {
    const ConvolutionAxis& a = shape.axes[i];
    if (transposed) {
      axes_[i] = {a.out, a.in, a.kernel, a.stride, a.dilation, a.padding};
    } else {
      // Output o sees element o + t * dilation - padding; with the taps counted from the last, that
      // element adds to output q + t * dilation - (dilation * (kernel - 1) - padding).
      axes_[i] = {a.in, a.out, a.kernel, 1, a.dilation, a.dilation * (a.kernel - 1) - a.padding};
    }
  }
  const int64_t most = kBlockElements / std::max<int64_t>({1, taps_ * columns_, reduced_});
  together_ = std::clamp(most / kMinTogether * kMinTogether, kMinTogether, kMaxTogether);
  split_ = axes_[0].written > 1 ? 0 : axes_[1].written > 1 ? 1 : 2;
  const int64_t extent = axes_[static_cast<size_t>(split_)].written;
  const int64_t positions = axes_[0].written * axes_[1].written * axes_[2].written;
  const int64_t wanted =
      std::clamp<int64_t>(positions / kSlabPositions, 1, std::max<int64_t>(extent, 1));
  slab_ = std::max<int64_t>(1, divide_up(extent, wanted));
  slabs_per_image_ = positions == 0 ? 0 : divide_up(extent, slab_);
  sort_ = split_ < 2 && (axes_[2].stride > 1 || written_channels_ > 1);
}

int64_t ScatteredProduct::Axis::first_tap(int64_t q, int64_t element) const {
  const int64_t distance = element + padding - q * stride;
  return distance <= 0 ? 0 : std::min(kernel, divide_up(distance, dilation));
}

int64_t ScatteredProduct::Axis::first_element(int64_t t, int64_t element) const {
  const int64_t distance = element + padding - t * dilation;
  return distance <= 0 ? 0 : std::min(read, divide_up(distance, stride));
}

template <typename T>
size_t ScatteredProduct::scratch_bytes() const {
  const int64_t rows = reduced_ + taps_ * columns_;
  const int64_t line = sort_ ? axes_[2].written * written_channels_ : 0;
  return static_cast<size_t>((rows * together_ + line) * static_cast<int64_t>(sizeof(T)) +
                             reduced_ * static_cast<int64_t>(sizeof(ProductStep)));
}

template <typename T>
void ScatteredProduct::run(const T* from, const T* weights, T* to,
                           const ConvolutionEpilogue<T>& epilogue, std::byte* scratch,
                           int64_t first, int64_t last) const {
  check(first >= 0 && last <= tiles(), "convolution: tiles ", first, " to ", last, " of ", tiles());
  Job<T> job{};
  job.from = from;
  job.weights = weights;
  job.to = to;
  job.width = product_panel_width<T>();
  job.packed = reinterpret_cast<T*>(scratch);
  job.products = job.packed + reduced_ * together_;
  job.steps = reinterpret_cast<ProductStep*>(job.products + taps_ * columns_ * together_);
  job.line = reinterpret_cast<T*>(job.steps + reduced_);
  // Weights are read where they lie.
  const int64_t between = transposed_ ? 1 : written_channels_;
  for (int64_t k = 0; k < reduced_; ++k) job.steps[k] = {k * between, k * job.width};
  job.last = {axes_[0].written, axes_[1].written, axes_[2].written};
  const size_t split = static_cast<size_t>(split_);
  // Slabs of one image pass together: at their borders lines would be multiplied twice.
  while (first < last) {
    job.image = first / slabs_per_image_;
    const int64_t slab = first % slabs_per_image_;
    const int64_t slabs = std::min(last - first, slabs_per_image_ - slab);
    job.first[split] = slab * slab_;
    job.last[split] = std::min(axes_[split].written, (slab + slabs) * slab_);
    find_targets(job);
    // Before the split axis there is one element, so a slab's elements lie together.
    const int64_t image =
        axes_[0].written * axes_[1].written * axes_[2].written * written_channels_;
    const int64_t step = image / axes_[split].written;
    const int64_t count = (job.last[split] - job.first[split]) * step;
    const int64_t start = job.image * image + job.first[split] * step;
    std::fill_n(to + start, count, T(0));
    for (job.group = 0; job.group < groups_; ++job.group) run_image(job);
    if (sort_) sort_lines(job, to + start, to + start + count);
    epilogue.finish_rows(start, 1, count, count);
    first += slabs;
  }
}

// While products are added a line is kept with the elements together that neighbouring positions
// add to: channel by channel, and of each the elements that leave the same remainder when divided
// by the stride. (Not where slabs are parts of lines: others write the rest of it.)
template <typename T>
void ScatteredProduct::find_targets(Job<T>& job) const {
  const Axis& x = axes_[2];
  for (int64_t t = 0; t < x.kernel; ++t) {
    const size_t i = static_cast<size_t>(t);
    job.begin[i] = x.first_element(t, job.first[2]);
    job.end[i] = x.first_element(t, job.last[2]);
    const int64_t element = t * x.dilation - x.padding;  // that position 0 adds to
    if (!sort_) {
      job.target[i] = element * written_channels_;
      continue;
    }
    const int64_t remainder = (element % x.stride + x.stride) % x.stride;
    job.target[i] = first_of_remainder(remainder) + (element - remainder) / x.stride;
  }
}

// Where, in a sorted line of one channel, the elements of this remainder begin.
int64_t ScatteredProduct::first_of_remainder(int64_t remainder) const {
  const Axis& x = axes_[2];
  return remainder * (x.written / x.stride) + std::min(remainder, x.written % x.stride);
}

template <typename T>
void ScatteredProduct::sort_lines(const Job<T>& job, T* first, const T* last) const {
  const Axis& x = axes_[2];
  for (T* line = first; line < last; line += x.written * written_channels_) {
    std::copy_n(line, x.written * written_channels_, job.line);
    const T* from = job.line;
    for (int64_t channel = 0; channel < written_channels_; ++channel) {
      for (int64_t remainder = 0; remainder < x.stride; ++remainder) {
        for (int64_t ix = remainder; ix < x.written; ix += x.stride) {
          line[ix * written_channels_ + channel] = *from++;
        }
      }
    }
  }
}

// Every line that reaches the slab, in order: an element is a sum in an order of its own, whatever
// the slab.
template <typename T>
void ScatteredProduct::run_image(Job<T>& job) const {
  const auto& [z, y, x] = axes_;
  const auto reaches = [&](size_t i, int64_t q) {
    return axes_[i].first_tap(q, job.first[i]) < axes_[i].first_tap(q, job.last[i]);
  };
  const int64_t lines = std::max<int64_t>(1, together_ / std::max<int64_t>(1, x.read));
  for (int64_t qz = 0; qz < z.read; ++qz) {
    if (!reaches(0, qz)) continue;
    for (int64_t qy = 0; qy < y.read;) {
      if (!reaches(1, qy)) {
        ++qy;
        continue;
      }
      int64_t end = qy + 1;
      while (end < y.read && end - qy < lines && reaches(1, end)) ++end;
      for (int64_t qx = 0; qx < x.read; qx += together_) {
        const Block block{qz, qy, end, qx, std::min(x.read, qx + together_)};
        multiply(job, block);
        for (int64_t line = qy; line < end; ++line) scatter(job, block, line);
      }
      qy = end;
    }
  }
}

template <typename T>
void ScatteredProduct::multiply(const Job<T>& job, const Block& block) const {
  const auto& [z, y, x] = axes_;
  const int64_t positions = block.positions();
  // Positions of a block lie behind one another: it is several lines or a part of one.
  const T* const from =
      job.from +
      (((job.image * z.read + block.z) * y.read + block.y_first) * x.read + block.x_first) *
          read_channels_ +
      job.group * reduced_;
  pack_panels(from, read_channels_, true, reduced_, positions, reduced_ * job.width, job.packed);

  std::array<const T*, kMaxProducts> a;
  std::array<T*, kMaxProducts> c;
  int64_t row = 0;
  for (int64_t tap = 0; tap < taps_; ++tap) {
    for (int64_t j = 0; j < columns_; ++j, ++row) {
      a[static_cast<size_t>(row)] =
          transposed_ ? job.weights + row * read_channels_ + job.group * reduced_
                      : job.weights + (taps_ - 1 - tap) * reduced_ * written_channels_ +
                            job.group * columns_ + j;
      c[static_cast<size_t>(row)] = job.products + row * together_;
    }
  }
  GatheredProduct<T> product;
  product.a = a.data();
  product.c = c.data();
  product.rows = row;
  product.b = job.packed;
  product.panel_stride = reduced_ * job.width;
  product.columns = positions;
  // Once also when there is nothing to sum.
  int64_t k = 0;
  do {
    product.steps = job.steps + k;
    product.depth = std::min(kProductDepth, reduced_ - k);
    product.add = k > 0;
    run_product(product);
    k += kProductDepth;
  } while (k < reduced_);
}

template <typename T>
void ScatteredProduct::scatter(const Job<T>& job, const Block& block, int64_t line) const {
  const auto& [z, y, x] = axes_;
  // Between the elements that neighbouring positions, and neighbouring channels, add to.
  const int64_t step = sort_ ? 1 : x.stride * written_channels_;
  const int64_t between = sort_ ? x.written : 1;
  const T* const products = job.products + (line - block.y_first) * block.width() - block.x_first;
  const int64_t tz_last = z.first_tap(block.z, job.last[0]);
  const int64_t ty_first = y.first_tap(line, job.first[1]);
  const int64_t ty_last = y.first_tap(line, job.last[1]);
  std::array<AddedRun<T>, kMaxProducts> runs;
  int64_t count = 0;
  for (int64_t tz = z.first_tap(block.z, job.first[0]); tz < tz_last; ++tz) {
    const int64_t iz = block.z * z.stride + tz * z.dilation - z.padding;
    for (int64_t ty = ty_first; ty < ty_last; ++ty) {
      const int64_t iy = line * y.stride + ty * y.dilation - y.padding;
      T* const to =
          job.to + ((job.image * z.written + iz) * y.written + iy) * x.written * written_channels_ +
          job.group * columns_ * between;
      const T* from = products + (tz * y.kernel + ty) * x.kernel * columns_ * together_;
      for (int64_t tx = 0; tx < x.kernel; ++tx, from += columns_ * together_) {
        const size_t i = static_cast<size_t>(tx);
        const int64_t begin = std::max(block.x_first, job.begin[i]);
        const int64_t end = std::min(block.x_last, job.end[i]);
        if (begin >= end) continue;
        for (int64_t j = 0; j < columns_; ++j) {
          runs[static_cast<size_t>(count++)] = {from + j * together_ + begin,
                                                to + job.target[i] + begin * step + j * between,
                                                end - begin};
        }
      }
    }
  }
  add_runs(runs.data(), count, step);
}

#define CASTALIA_INSTANTIATE(T)                                                                 \
  template size_t ScatteredProduct::scratch_bytes<T>() const;                                   \
  template void ScatteredProduct::run<T>(const T*, const T*, T*, const ConvolutionEpilogue<T>&, \
                                         std::byte*, int64_t, int64_t) const;
CASTALIA_INSTANTIATE(float)
CASTALIA_INSTANTIATE(double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
