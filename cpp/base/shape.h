// Shapes of tensors: at most eight extents, stored in place. Tensors inside the library are dense
// and row-major; the last extent varies fastest.
#ifndef CASTALIA_CPP_BASE_SHAPE_H_
#define CASTALIA_CPP_BASE_SHAPE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>

namespace castalia {

class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> extents);
  explicit Shape(std::span<const int64_t> extents);

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return extents_[axis]; }
  int64_t& operator[](int axis) { return extents_[axis]; }
  int64_t back() const { return extents_[rank_ - 1]; }
  const int64_t* begin() const { return extents_.data(); }
  const int64_t* end() const { return extents_.data() + rank_; }

  void push_back(int64_t extent);
  void insert(int axis, int64_t extent);
  void erase(int axis);

  // The number of elements; an Error on overflow.
  int64_t count() const;
  // The product of the extents in [first, last).
  int64_t count(int first, int last) const;
  // Row-major strides in elements.
  std::array<int64_t, kMaxRank> strides() const;

  bool operator==(const Shape& other) const;

 private:
  std::array<int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);  // "[1024, 9]"

// The shape that two operands broadcast to, by NumPy's rule; an Error that names both otherwise.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_SHAPE_H_
