#include "cpp/referee/pairs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "cpp/runtime/cpu/gemm.h"

namespace castalia::referee {
namespace {

constexpr std::align_val_t kAlignment{64};
// What element-wise loops may touch beyond the last element of a tile.
constexpr size_t kSlack = 128;

cpu::GemmShape tile_shape(int64_t rows, int64_t columns, int64_t depth) {
  cpu::GemmShape shape;
  shape.m = rows;
  shape.n = columns;
  shape.k = depth;
  shape.ldc = kTileColumns;
  return shape;
}

}  // namespace

void AlignedDelete::operator()(std::byte* memory) const { ::operator delete[](memory, kAlignment); }

AlignedBytes aligned_bytes(size_t count) {
  return AlignedBytes(
      static_cast<std::byte*>(::operator new[](std::max<size_t>(count, 64), kAlignment)));
}

template <typename T>
Points<T>::Points(const Rows& rows, std::span<const double> centre, double factor)
    : count_(rows.count), columns_(rows.columns), exact_(rows.x.size()), weights_(rows.weights) {
  rounded_.resize(rows.x.size());
  norms_.resize(static_cast<size_t>(count_));
  for (int64_t r = 0; r < count_; ++r) {
    double norm = 0;
    for (int64_t j = 0; j < columns_; ++j) {
      const auto at = static_cast<size_t>(r * columns_ + j);
      exact_[at] = (rows.x[at] - centre[static_cast<size_t>(j)]) * factor;
      rounded_[at] = static_cast<T>(exact_[at]);
      norm += static_cast<double>(rounded_[at]) * static_cast<double>(rounded_[at]);
    }
    norms_[static_cast<size_t>(r)] = norm;
  }
  packed_block_ = (cpu::gemm_packed_bytes<T>(columns_, kTileColumns) + 63) / 64 * 64;
  const int64_t blocks = (count_ + kTileColumns - 1) / kTileColumns;
  packed_ = aligned_bytes(packed_block_ * static_cast<size_t>(blocks));
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t first = block * kTileColumns;
    cpu::gemm_pack<T>(columns_, std::min(kTileColumns, count_ - first), rounded(first), true, 0,
                      const_cast<T*>(packed(first)));
  }
}

template <typename T>
double Points<T>::largest_norm() const {
  return norms_.empty() ? 0 : *std::max_element(norms_.begin(), norms_.end());
}

template <typename T>
const T* Points<T>::packed(int64_t first) const {
  return reinterpret_cast<const T*>(packed_.get() +
                                    packed_block_ * static_cast<size_t>(first / kTileColumns));
}

Frame common_frame(const Rows& a, const Rows& b) {
  Frame frame;
  frame.centre.assign(static_cast<size_t>(a.columns), 0.0);
  const auto each = [&](const auto& take) {
    for (const Rows* rows : {&a, &b}) {
      for (int64_t r = 0; r < rows->count; ++r) {
        for (int64_t j = 0; j < rows->columns; ++j) take(rows->row(r)[j], static_cast<size_t>(j));
      }
    }
  };
  const auto total = static_cast<double>(a.count + b.count);
  each([&](double x, size_t j) { frame.centre[j] += x / total; });
  double largest = 0;
  each([&](double x, size_t j) { largest = std::max(largest, std::abs(x - frame.centre[j])); });
  // A power of two, so that scaling is exact.
  if (largest > 0) frame.factor = std::exp2(-std::ceil(std::log2(largest)));
  return frame;
}

double exact_distance(const double* x, const double* y, int64_t columns) {
  double sum = 0;
  for (int64_t j = 0; j < columns; ++j) sum += (x[j] - y[j]) * (x[j] - y[j]);
  return sum;
}

template <typename T>
double distance_error(int64_t columns) {
  // The chain of multiply-adds: columns roundings of at most |x||y| each, and as much for two
  // roundings of the operands; twice that in 2 x.y; |x||y| is at most half the sum of squares. The
  // rest is for the norms.
  const double unit = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
  return (static_cast<double>(columns) + 8) * unit;
}

template <typename T>
Tile<T>::Tile() {
  const size_t values = static_cast<size_t>(kTileRows * kTileColumns) * sizeof(T) + kSlack;
  memory_ = aligned_bytes(values + 64);
  values_ = reinterpret_cast<T*>(memory_.get());
  // Packed right operands and untransposed left ones need no scratch.
  scratch_ = memory_.get() + values;
}

template <typename T>
const T* Tile<T>::products(const Points<T>& left, int64_t first, int64_t rows,
                           const Points<T>& right, int64_t column) {
  const cpu::GemmShape shape =
      tile_shape(rows, std::min(kTileColumns, right.count() - column), left.columns());
  cpu::gemm_run_packed_tiles<T>(shape, left.rounded(first), right.packed(column), values_, {},
                                scratch_, 0, cpu::gemm_tiles(shape));
  return values_;
}

template class Points<float>;
template class Points<double>;
template class Tile<float>;
template class Tile<double>;
template double distance_error<float>(int64_t);
template double distance_error<double>(int64_t);

}  // namespace castalia::referee
