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
  int64_t width;                       // of a panel
  T* packed;                           // channels that are read, by positions
  T* products;                         // [taps, written channels, together_]
  ProductStep* steps;
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
  return static_cast<size_t>(rows * together_ * static_cast<int64_t>(sizeof(T)) +
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
    for (job.group = 0; job.group < groups_; ++job.group) run_image(job);
    // Before the split axis there is one element, so a slab's elements lie together.
    const int64_t image =
        axes_[0].written * axes_[1].written * axes_[2].written * written_channels_;
    const int64_t step = image / axes_[split].written;
    const int64_t count = (job.last[split] - job.first[split]) * step;
    epilogue.finish_rows(job.image * image + job.first[split] * step, 1, count, count);
    first += slabs;
  }
}

// Zeros, then every line that reaches the slab, in order: an element is a sum in an order of its
// own, whatever the slab.
template <typename T>
void ScatteredProduct::run_image(Job<T>& job) const {
  const auto& [z, y, x] = axes_;
  for (int64_t iz = job.first[0]; iz < job.last[0]; ++iz) {
    for (int64_t iy = job.first[1]; iy < job.last[1]; ++iy) {
      T* const line =
          job.to + ((job.image * z.written + iz) * y.written + iy) * x.written * written_channels_ +
          job.group * columns_;
      if (groups_ == 1) {
        std::fill(line + job.first[2] * columns_, line + job.last[2] * columns_, T(0));
        continue;
      }
      for (int64_t ix = job.first[2]; ix < job.last[2]; ++ix) {
        std::fill_n(line + ix * written_channels_, columns_, T(0));
      }
    }
  }
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
  const int64_t step = x.stride * written_channels_;
  const T* const products = job.products + (line - block.y_first) * block.width() - block.x_first;
  for (int64_t tz = z.first_tap(block.z, job.first[0]); tz < z.first_tap(block.z, job.last[0]);
       ++tz) {
    const int64_t iz = block.z * z.stride + tz * z.dilation - z.padding;
    for (int64_t ty = y.first_tap(line, job.first[1]); ty < y.first_tap(line, job.last[1]); ++ty) {
      const int64_t iy = line * y.stride + ty * y.dilation - y.padding;
      T* const written =
          job.to + ((job.image * z.written + iz) * y.written + iy) * x.written * written_channels_ +
          job.group * columns_;
      for (int64_t tx = 0; tx < x.kernel; ++tx) {
        const int64_t begin = std::max(block.x_first, x.first_element(tx, job.first[2]));
        const int64_t end = std::min(block.x_last, x.first_element(tx, job.last[2]));
        if (begin >= end) continue;
        const int64_t tap = (tz * y.kernel + ty) * x.kernel + tx;
        const T* from = products + tap * columns_ * together_;
        T* const to =
            written + (begin * x.stride + tx * x.dilation - x.padding) * written_channels_;
        for (int64_t j = 0; j < columns_; ++j, from += together_) {
          for (int64_t q = begin; q < end; ++q) to[(q - begin) * step + j] += from[q];
        }
      }
    }
  }
}

#define CASTALIA_INSTANTIATE(T)                                                                 \
  template size_t ScatteredProduct::scratch_bytes<T>() const;                                   \
  template void ScatteredProduct::run<T>(const T*, const T*, T*, const ConvolutionEpilogue<T>&, \
                                         std::byte*, int64_t, int64_t) const;
CASTALIA_INSTANTIATE(float)
CASTALIA_INSTANTIATE(double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
