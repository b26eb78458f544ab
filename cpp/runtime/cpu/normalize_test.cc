#include "cpp/runtime/cpu/normalize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <new>
#include <vector>

namespace castalia::cpu {
namespace {

class Scratch {
 public:
  explicit Scratch(size_t bytes)
      : data_(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{64}))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { ::operator delete (data_, std::align_val_t{64}); }
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
};

template <typename T>
std::vector<T> waves(int64_t count, T offset) {
  std::vector<T> x(static_cast<size_t>(count));
  for (size_t i = 0; i < x.size(); ++i) x[i] = offset + static_cast<T>(std::sin(0.7 * double(i)));
  return x;
}

template <typename T>
std::vector<T> normalized(const NormalizeShape& shape, const T* x) {
  std::vector<T> y(static_cast<size_t>(shape.outer * shape.positions * shape.channels()));
  const Scratch scratch(normalize_scratch_bytes<T>(shape));
  normalize<T>(shape, x, nullptr, nullptr, y.data(), scratch.data(), 0, normalize_tiles(shape));
  return y;
}

TEST(Normalize, ARowHasTheSameBitsAmongAnyNumberOfRows) {
  for (const NormalizeShape& one : {NormalizeShape{1, 1, 1, 37}, NormalizeShape{1, 1, 3, 70},
                                    NormalizeShape{1, 11, 3, 5}, NormalizeShape{1, 30, 1, 1}}) {
    NormalizeShape many = one;
    many.outer = 9;
    const int64_t row = one.positions * one.channels();
    const std::vector<float> x = waves<float>(9 * row, 1.0f);
    const std::vector<float> whole = normalized(many, x.data());
    for (int64_t r = 0; r < 9; ++r) {
      const std::vector<float> alone = normalized(one, x.data() + r * row);
      EXPECT_EQ(0, std::memcmp(alone.data(), whole.data() + r * row, alone.size() * sizeof(float)))
          << "row " << r;
    }
  }
}

// A mean a million times the deviation: sums of squares in float32 would lose all.
TEST(Normalize, SurvivesALargeMean) {
  const NormalizeShape shape{
      .outer = 1, .positions = 1, .groups = 1, .width = 64, .epsilon = 1e-12};
  std::vector<float> x(64);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 4096.0f + (i % 2 == 0 ? 0.00390625f : -0.00390625f);
  const std::vector<float> y = normalized(shape, x.data());
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], i % 2 == 0 ? 1.0 : -1.0, 1e-6);
}

// Equal elements have no variance: epsilon keeps the result 0, not NaN.
TEST(Normalize, OfEqualElementsIsZero) {
  const std::vector<double> x(24, 3.25);
  for (const NormalizeShape& shape : {NormalizeShape{2, 1, 2, 6}, NormalizeShape{2, 3, 2, 2}}) {
    for (const double y : normalized(shape, x.data())) EXPECT_EQ(y, 0.0);
  }
}

TEST(ColumnMoments, TakeEveryRowOnce) {
  for (const int64_t columns : {1, 3, 31, 32, 65}) {
    for (const int64_t rows : {1, 2, 63, 64, 129}) {
      const std::vector<double> x = waves<double>(rows * columns, 0.5);
      std::vector<double> sums(static_cast<size_t>(columns * column_tiles(rows, columns)));
      std::vector<double> squares(sums.size());
      const Scratch scratch(column_scratch_bytes(columns));
      column_moments(rows, columns, x.data(), sums.data(), squares.data(), scratch.data(), 0,
                     column_tiles(rows, columns));
      for (int64_t c = 0; c < columns; ++c) {
        double expected = 0;
        for (int64_t r = 0; r < rows; ++r) expected += x[static_cast<size_t>(r * columns + c)];
        double got = 0;
        for (size_t i = static_cast<size_t>(c); i < sums.size();
             i += static_cast<size_t>(columns)) {
          got += sums[i];
        }
        EXPECT_NEAR(got, expected, 1e-11) << rows << " rows, column " << c << " of " << columns;
      }
    }
  }
}

}  // namespace
}  // namespace castalia::cpu
