// Distances and products between all rows of two samples, a tile at a time, by our own matrix
// product: nothing is ever rows x rows in memory.
//
// Squared distances are |x|^2 + |y|^2 - 2 x.y, which cancels where points are near compared with
// their distance from the origin. So the rows are centred first, and every distance comes with a
// bound on its error; who needs a distance more exactly calls exact().
#ifndef CASTALIA_CPP_REFEREE_PAIRS_H_
#define CASTALIA_CPP_REFEREE_PAIRS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {

inline constexpr int64_t kTileRows = 128;
inline constexpr int64_t kTileColumns = 256;

struct AlignedDelete {
  void operator()(std::byte* memory) const;
};
using AlignedBytes = std::unique_ptr<std::byte[], AlignedDelete>;
AlignedBytes aligned_bytes(size_t count);

// Memory that grows when more is asked for; what was in it is lost then.
class AlignedScratch {
 public:
  std::byte* of(size_t count) {
    if (count > size_) {
      memory_ = aligned_bytes(count);
      size_ = count;
    }
    return memory_.get();
  }

 private:
  AlignedBytes memory_;
  size_t size_ = 0;
};

// One sample, ready for products in precision T: shifted, scaled, rounded to T, and packed as a
// right operand. Does not change once it is made.
template <typename T>
class Points {
 public:
  // The rows minus `centre`, times `factor`. What is exact is in double.
  Points(const Rows& rows, std::span<const double> centre, double factor);

  int64_t count() const { return count_; }
  int64_t columns() const { return columns_; }
  const double* row(int64_t r) const { return exact_.data() + r * columns_; }
  double weight(int64_t r) const { return weights_[static_cast<size_t>(r)]; }
  std::span<const double> weights() const { return weights_; }
  double norm(int64_t r) const { return norms_[static_cast<size_t>(r)]; }  // |x|^2 of rounded rows
  double largest_norm() const;

  const T* rounded(int64_t r) const { return rounded_.data() + r * columns_; }
  // The block of kTileColumns rows that starts at row `first`, packed.
  const T* packed(int64_t first) const;

 private:
  int64_t count_;
  int64_t columns_;
  std::vector<double> exact_;
  std::vector<double> weights_;
  std::vector<double> norms_;
  std::vector<T> rounded_;
  AlignedBytes packed_;
  size_t packed_block_ = 0;  // bytes
};

// The mean of all rows of two samples, weights apart, and a factor that makes the largest
// magnitude after centring one, so that squares neither overflow nor vanish in float.
struct Frame {
  std::vector<double> centre;
  double factor = 1;
};
Frame common_frame(const Rows& a, const Rows& b);

// The distance squared itself, summed in double without cancellation.
double exact_distance(const double* x, const double* y, int64_t columns);

// |computed - true| for a squared distance from products in T is at most this times
// (|x|^2 + |y|^2), the rounding of the rows to T included.
template <typename T>
double distance_error(int64_t columns);

// A thread's memory for tiles.
template <typename T>
class Tile {
 public:
  Tile();
  // x.y for rows [first, first + rows) of `left` and the block of `right` that starts at `column`:
  // element (i, j) is at [i * kTileColumns + j]. rows <= kTileRows; `column` is a multiple of
  // kTileColumns.
  const T* products(const Points<T>& left, int64_t first, int64_t rows, const Points<T>& right,
                    int64_t column);
  T* values() { return values_; }

 private:
  AlignedBytes memory_;
  T* values_;
  std::byte* scratch_;
};

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_PAIRS_H_
