// Convolutions in one, two and three dimensions on the CPU, in float or double.
//
// Images are dense: [image, z, y, x, channel]; weights are [z, y, x, channels_in / groups,
// channels_out]. Everything is described by the convolution that leads from `in` to `out`, also
// what runs backwards:
//   SlidingProduct::forward     out  = in convolved with the weights
//   SlidingProduct::transposed  in   = its transpose applied to out (the gradient for the input)
//   WeightGradient              weights = gradient of sum(out * convolution(in, weights))
//
// The image is not unfolded and mostly read where it lies (see convolution_product.h); the gradient
// for the weights copies what the taps see of a block. Positions of the window are grouped by the
// taps that fall inside the image, so padding costs nothing and is not multiplied with (but where a
// gradient has few channels). An output element depends on its window, the weights and the extents
// of the kernel, not on the number of images, the tile or the thread.
//
// A plan is made once and is immutable; run() allocates nothing and any thread may call it with
// scratch of its own (64-byte aligned). What follows a convolution element by element is computed
// of pieces of its result while these are in the cache: see ConvolutionEpilogue.
#ifndef CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_H_
#define CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
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

// What happens to the elements of a result. Its channels are the last axis.
template <typename T>
struct ConvolutionEpilogue {
  // Of SlidingProduct alone: an element becomes relu(element + bias[channel]), with the bits of the
  // separate operations; NaN stays NaN.
  const T* bias = nullptr;  // [channels of the result], or null
  bool relu = false;
  // Called, if there is one, for ranges [first, first + count) of the result in row-major order
  // once they are complete; each element is in one of them. It may change the range and nothing
  // else of the result.
  void (*finish)(void* object, int64_t first, int64_t count) = nullptr;
  void* object = nullptr;

  // Of each of `rows` rows that are `distance` apart, `count` elements from `first` on.
  void finish_rows(int64_t first, int64_t rows, int64_t distance, int64_t count) const {
    if (finish == nullptr) return;
    if (count == distance) return finish(object, first, rows * count);
    for (int64_t row = 0; row < rows; ++row) finish(object, first + row * distance, count);
  }
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
  void run(const T* from, const T* weights, T* to, const ConvolutionEpilogue<T>& epilogue,
           std::byte* scratch, int64_t first, int64_t last) const;

  // Weights that do not change may be packed once, in the order in which they are read, for the
  // instruction set in use. Plans whose forms have the same name read the same: those for any
  // number of images.
  std::string packed_form() const;
  template <typename T>
  size_t packed_bytes() const;
  template <typename T>
  void pack(const T* weights, T* packed) const;  // 64-byte aligned
  // The same as run(), bit for bit.
  template <typename T>
  void run_packed(const T* from, const T* packed, T* to, const ConvolutionEpilogue<T>& epilogue,
                  std::byte* scratch, int64_t first, int64_t last) const;

 private:
  template <typename T>
  struct Job;
  explicit SlidingProduct(const ConvolutionShape& shape, bool transposed);

  template <typename T>
  bool packs_all() const;
  template <typename T>
  int64_t scratch_for_weights() const;
  template <typename T>
  void pack_columns(const T* weights, int64_t first, int64_t last, T* packed) const;
  template <typename T>
  void run_tiles(Job<T>& job, const T* weights, int64_t first, int64_t last) const;
  template <typename T>
  void run_rows(Job<T>& job, int64_t first, int64_t last) const;
  template <typename T>
  void run_slab(Job<T>& job) const;
  template <typename T>
  void run_phase(Job<T>& job, const T* packed) const;
  template <typename T>
  void pack_block(const Job<T>& job, int64_t panel_stride, T* packed) const;
  template <typename T>
  void run_class(Job<T>& job, const std::array<const SlidingAxis::Interval*, 3>& where) const;
  template <typename T>
  void find_steps(Job<T>& job, const std::array<const SlidingAxis::Interval*, 3>& where) const;
  template <typename T>
  void finish(const Job<T>& job) const;
  // Calls visit(group, phase, depth of its sums) in the order in which packed weights lie.
  template <typename Visit>
  void for_each_phase(Visit visit) const;

  ConvolutionShape shape_;
  bool transposed_;
  std::array<std::vector<SlidingAxis>, 3> axes_;
  // Distances between neighbours along an axis, in elements.
  std::array<int64_t, 3> read_stride_, write_stride_;
  int64_t read_image_, write_image_;
  int64_t reduced_, columns_;  // channels of one group that are read and written
  int64_t depth_;              // of the longest sum
  int64_t depth_of_all_;       // of the sums of all phases together
  // Tiles are rows times columns. Rows are whole images, several together, or where these are large
  // slabs of `slab_` elements along one axis of one image; columns are channels that are written.
  // Neighbouring tiles of the same columns pass together when one call computes them: as many as
  // make a band, or all of them where weights are packed block by block.
  int split_ = 0;
  int64_t slab_ = 1;
  int64_t slabs_per_image_ = 1;
  int64_t images_per_tile_ = 1;
  int64_t row_tiles_ = 0;
  int64_t band_tiles_ = 1;
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
  void run(const T* from, const T* weights, T* to, const ConvolutionEpilogue<T>& epilogue,
           std::byte* scratch, int64_t first, int64_t last) const;

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
  void find_targets(Job<T>& job) const;
  int64_t first_of_remainder(int64_t remainder) const;
  template <typename T>
  void sort_lines(const Job<T>& job, T* first, const T* last) const;
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
  bool sort_ = false;  // lines are put in order at the end
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
  void run(const T* in, const T* out_gradient, T* weights, const ConvolutionEpilogue<T>& epilogue,
           std::byte* scratch, int64_t first, int64_t last) const;

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
  void choose_blocks();
  template <typename T>
  int64_t copy_padded(Job<T>& job, const Block& block) const;
  template <typename T>
  void copy_padded_line(const Job<T>& job, const Block& block, int64_t image, int64_t iz,
                        int64_t iy, T* to) const;
  template <typename T>
  void multiply_padded(Job<T>& job, int64_t depth) const;
  template <typename T>
  void multiply_by_taps(Job<T>& job, const Block& block) const;
  template <typename T>
  int64_t copy_bytes() const;
  template <typename T>
  void copy_rows(const Job<T>& job, const T* from, int64_t rows, int64_t depth) const;
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
  // Few channels: the lines of the image that a block sees are copied, with zeros around them. So
  // many elements a line, lines for each plane that a tap sees, and elements altogether.
  bool pad_ = false;
  int64_t line_elements_ = 0, plane_lines_ = 0, lines_elements_ = 0;
  bool copy_ = false;  // many channels and columns: what a tap sees is copied
  int64_t tile_rows_, tile_columns_, row_tiles_, column_tiles_;
  int64_t block_lines_, block_width_;  // a block is so many lines of output times so many positions
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_H_
