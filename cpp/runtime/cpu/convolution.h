// Convolutions in one, two and three dimensions on the CPU, in float or double.
//
// Images are dense: [image, z, y, x, channel]; weights are [z, y, x, channels_in / groups,
// channels_out]. Everything is described by the convolution that leads from `in` to `out`, also
// what runs backwards:
//   SlidingProduct::forward     out  = in convolved with the weights
//   SlidingProduct::transposed  in   = its transpose applied to out (the gradient for the input)
//   WeightGradient              weights = gradient of sum(out * convolution(in, weights))
//
// No copy of the image is made, padded or unfolded: see convolution_product.h. Positions of the
// window are grouped by the taps that fall inside the image, so padding costs nothing and is never
// multiplied with. An output element depends on its window, the weights and the extents of the
// kernel, not on the number of images, the tile or the thread.
//
// A plan is made once and is immutable; run() allocates nothing and any thread may call it with
// scratch of its own (64-byte aligned).
#ifndef CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_H_
#define CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace castalia::cpu {

// One spatial axis: out[o] sees in[o * stride + t * dilation - padding] for the taps t < kernel.
struct ConvolutionAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t padding = 0;  // before; what follows behind is what `out` asks for
};

struct ConvolutionShape {
  int64_t images = 0;
  std::array<ConvolutionAxis, 3> axes;  // the last is the fastest; unused ones stay as they are
  int64_t channels_in = 0;
  int64_t channels_out = 0;
  int64_t groups = 1;

  int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  int64_t in_positions() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t out_positions() const { return axes[0].out * axes[1].out * axes[2].out; }
  // Two for each multiply-add, padding included.
  double flops() const;
};

// One axis of a window that slides: position q writes element q * write_step + write_base and reads
// elements q * read_step + offset of its taps.
struct SlidingAxis {
  struct Tap {
    int64_t index;   // along the kernel
    int64_t offset;  // in elements of what is read
  };
  // Positions whose taps [tap_first, tap_last) lie inside.
  struct Interval {
    int64_t first, last;
    int64_t tap_first, tap_last;
  };
  int64_t read_step = 1;
  int64_t write_step = 1;
  int64_t write_base = 0;
  std::vector<Tap> taps;
  std::vector<Interval> intervals;
};

// The axis as the convolution itself walks over it.
SlidingAxis forward_axis(const ConvolutionAxis& axis);
// As its transpose does: one axis for each remainder that a written element can leave when divided
// by the stride, because these see different taps. Remainders without elements are left out.
std::vector<SlidingAxis> transposed_axes(const ConvolutionAxis& axis);

class SlidingProduct {
 public:
  static SlidingProduct forward(const ConvolutionShape& shape);
  static SlidingProduct transposed(const ConvolutionShape& shape);

  int64_t tiles() const { return row_tiles_ * column_tiles_; }
  template <typename T>
  size_t scratch_bytes() const;
  // `from` and `to` are the images read and written: in and out, or out and in. Tiles are slabs of
  // the written images.
  template <typename T>
  void run(const T* from, const T* weights, T* to, std::byte* scratch, int64_t first,
           int64_t last) const;

 private:
  template <typename T>
  struct Job;
  explicit SlidingProduct(const ConvolutionShape& shape, bool transposed);

  template <typename T>
  void run_rows(Job<T>& job, int64_t first, int64_t last) const;
  template <typename T>
  void run_slab(Job<T>& job) const;
  template <typename T>
  void run_phase(Job<T>& job) const;
  template <typename T>
  void pack(const Job<T>& job) const;
  template <typename T>
  void run_class(Job<T>& job, const std::array<const SlidingAxis::Interval*, 3>& where) const;
  template <typename T>
  void find_steps(Job<T>& job, const std::array<const SlidingAxis::Interval*, 3>& where) const;

  ConvolutionShape shape_;
  bool transposed_;
  std::array<std::vector<SlidingAxis>, 3> axes_;
  // Distances between neighbours along an axis, in elements.
  std::array<int64_t, 3> read_stride_, write_stride_;
  int64_t read_image_, write_image_;
  int64_t reduced_, columns_;  // channels of one group that are read and written
  int64_t depth_;              // of the longest sum
  // Tiles are rows times columns. Rows are whole images, several together, or where these are large
  // slabs of `slab_` elements along one axis of one image; columns are channels that are written.
  // Neighbouring tiles of the same columns share the packed weights when one call computes them.
  int split_ = 0;
  int64_t slab_ = 1;
  int64_t slabs_per_image_ = 1;
  int64_t images_per_tile_ = 1;
  int64_t row_tiles_ = 0;
  int64_t tile_columns_ = 0;
  int64_t column_tiles_ = 1;
};

// The same products where few channels are written, so that a sliding product would leave most of a
// vector empty. Rows and columns change places: every tap's weights are multiplied with a block of
// positions, which fill the vectors, and the results are added to the elements that they reach.
class ScatteredProduct {
 public:
  // Fewer than four written channels a group, a kernel that is not too large, and a stride of one
  // when going forward (else most products would be for nothing).
  static bool suits(const ConvolutionShape& shape, bool transposed);
  static ScatteredProduct forward(const ConvolutionShape& shape);
  static ScatteredProduct transposed(const ConvolutionShape& shape);

  int64_t tiles() const { return images_ * slabs_per_image_; }
  template <typename T>
  size_t scratch_bytes() const;
  template <typename T>
  void run(const T* from, const T* weights, T* to, std::byte* scratch, int64_t first,
           int64_t last) const;

 private:
  // Element q of what is read adds, by tap t, to element q * stride + t * dilation - padding.
  struct Axis {
    int64_t read, written, kernel, stride, dilation, padding;
    // The first tap, and the first element under tap t, that reaches `element` or further.
    int64_t first_tap(int64_t q, int64_t element) const;
    int64_t first_element(int64_t t, int64_t element) const;
  };
  template <typename T>
  struct Job;
  struct Block;
  ScatteredProduct(const ConvolutionShape& shape, bool transposed);
  template <typename T>
  void run_image(Job<T>& job) const;
  template <typename T>
  void multiply(const Job<T>& job, const Block& block) const;
  template <typename T>
  void scatter(const Job<T>& job, const Block& block, int64_t line) const;

  std::array<Axis, 3> axes_;
  bool transposed_;
  int64_t images_, groups_, taps_;
  int64_t read_channels_, written_channels_;
  int64_t reduced_, columns_;  // of one group
  int64_t together_;           // positions of a block
  int split_ = 0;
  int64_t slab_ = 1;
  int64_t slabs_per_image_ = 1;
};

class WeightGradient {
 public:
  explicit WeightGradient(const ConvolutionShape& shape);

  int64_t tiles() const { return shape_.groups * row_tiles_ * column_tiles_; }
  template <typename T>
  size_t scratch_bytes() const;
  // Tiles are rectangles of the weights. Every weight is a sum over blocks of output positions,
  // whose size depends on the shape of one image and of the kernel alone, added in order.
  template <typename T>
  void run(const T* in, const T* out_gradient, T* weights, std::byte* scratch, int64_t first,
           int64_t last) const;

 private:
  template <typename T>
  struct Job;
  struct Block;
  struct Line;
  struct Range {
    int64_t first, last;
  };
  Range positions_inside(const Block& block, int64_t t) const;
  template <typename T>
  void run_rectangle(Job<T>& job) const;
  template <typename T>
  void unfold(Job<T>& job, const Block& block) const;
  template <typename T>
  void multiply_unfolded(Job<T>& job, const Block& block) const;
  template <typename T>
  void multiply_in_place(Job<T>& job, const Block& block) const;
  template <typename T>
  T* row_of_weights(const Job<T>& job, int64_t row) const;
  int64_t find_steps(const Block& block, const std::array<int64_t, 3>& tap, int64_t width,
                     struct ProductStep* steps) const;

  ConvolutionShape shape_;
  // With one output channel and no stride the images change places, so that vectors are filled: the
  // gradient slides over the input, and the kernel comes out mirrored.
  bool mirrored_;
  std::array<int64_t, 3> in_stride_;
  int64_t rows_, columns_;  // of the weights of one group: taps * channels in, channels out
  bool unfold_;             // few channels: what the taps see is copied side by side
  int64_t tile_rows_, tile_columns_, row_tiles_, column_tiles_;
  int64_t block_lines_, block_width_;  // a block is so many lines of output times so many positions
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_H_
