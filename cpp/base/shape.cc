#include "cpp/base/shape.h"

#include <algorithm>
#include <ostream>

#include "cpp/base/dtype.h"
#include "cpp/base/status.h"

namespace castalia {

const char* name(DType dtype) {
  switch (dtype) {
    case DType::float32: return "float32";
    case DType::float64: return "float64";
    case DType::int32: return "int32";
    case DType::int64: return "int64";
  }
  return "unknown";
}

Shape::Shape(std::initializer_list<int64_t> extents)
    : Shape(std::span<const int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const int64_t> extents) {
  for (int64_t extent : extents) push_back(extent);
}

void Shape::push_back(int64_t extent) { insert(rank_, extent); }

void Shape::insert(int axis, int64_t extent) {
  if (rank_ == kMaxRank) fail(Code::shape_mismatch, "more than ", kMaxRank, " axes");
  if (extent < 0) fail(Code::shape_mismatch, "negative extent ", extent);
  for (int i = rank_; i > axis; --i) extents_[i] = extents_[i - 1];
  extents_[axis] = extent;
  ++rank_;
}

void Shape::erase(int axis) {
  for (int i = axis; i + 1 < rank_; ++i) extents_[i] = extents_[i + 1];
  --rank_;
}

int64_t Shape::count() const { return count(0, rank_); }

int64_t Shape::count(int first, int last) const {
  // So many elements fit no memory; below it, sizes in bytes and sums of some do not overflow
  // either.
  constexpr int64_t kMostElements = int64_t{1} << 56;
  int64_t n = 1;
  for (int i = first; i < last; ++i) {
    if (__builtin_mul_overflow(n, extents_[i], &n) || n > kMostElements) {
      fail(Code::out_of_memory, "the number of elements of shape ", *this, " overflows");
    }
  }
  return n;
}

std::array<int64_t, Shape::kMaxRank> Shape::strides() const {
  std::array<int64_t, kMaxRank> out{};
  int64_t step = 1;
  for (int i = rank_ - 1; i >= 0; --i) {
    out[i] = step;
    step *= extents_[i];
  }
  return out;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (int i = 0; i < shape.rank(); ++i) out << (i > 0 ? ", " : "") << shape[i];
  return out << ']';
}

Shape broadcast(const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  const int offset = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    const int64_t x = longer[offset + i];
    const int64_t y = shorter[i];
    if (x != y && x != 1 && y != 1) {
      fail(Code::shape_mismatch, "shapes ", a, " and ", b, " do not broadcast");
    }
    out[offset + i] = x == 1 ? y : x;
  }
  return out;
}

}  // namespace castalia
