#include "cpp/runtime/cpu/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"
#include "hwy/highway.h"

namespace castalia::cpu {
namespace {

// Runs every test under every instruction set that this machine and this build have.
class EveryTarget : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override {
    ensure_dispatch();
    hwy::SetSupportedTargetsForTest(GetParam());
    ASSERT_STREQ(active_target(), hwy::TargetName(GetParam()));
  }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

template <typename T>
using Matrix = std::vector<T>;

template <typename T>
Matrix<T> random_matrix(int64_t rows, int64_t columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<T> normal;
  Matrix<T> matrix(static_cast<size_t>(rows * columns));
  for (T& x : matrix) x = normal(engine);
  return matrix;
}

struct Scratch {
  explicit Scratch(size_t bytes)
      : data(static_cast<std::byte*>(::operator new(bytes + kGuard, std::align_val_t(64)))),
        size(bytes) {
    std::memset(data, 0xA5, bytes + kGuard);
  }
  ~Scratch() { ::operator delete(data, std::align_val_t(64)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  // Whether nothing was written behind the end.
  bool intact() const {
    for (size_t i = 0; i < kGuard; ++i) {
      if (data[size + i] != std::byte{0xA5}) return false;
    }
    return true;
  }
  static constexpr size_t kGuard = 256;
  std::byte* data;
  size_t size;
};

// op(B) packed beforehand.
template <typename T>
class PackedMatrix {
 public:
  PackedMatrix(int64_t k, int64_t n, const T* b, bool transpose = false, int64_t ldb = 0)
      : memory_(gemm_packed_bytes<T>(k, n)) {
    gemm_pack(k, n, b, transpose, ldb, reinterpret_cast<T*>(memory_.data));
    EXPECT_TRUE(memory_.intact());
  }
  const T* data() const { return reinterpret_cast<const T*>(memory_.data); }

 private:
  Scratch memory_;
};

constexpr double kUntouched = -1234.5;

// The product by all tiles in one call; with ldc > n the gap must stay untouched.
template <typename T>
Matrix<T> product(const GemmShape& shape, const Matrix<T>& a, const Matrix<T>& b,
                  const GemmEpilogue<T>& epilogue = {}) {
  const int64_t ldc = shape.ldc != 0 ? shape.ldc : shape.n;
  Matrix<T> c(static_cast<size_t>(shape.m * ldc), T(kUntouched));
  Scratch scratch(gemm_scratch_bytes<T>(shape));
  gemm_run_tiles<T>(shape, a.data(), b.data(), c.data(), epilogue, scratch.data, 0,
                    gemm_tiles(shape));
  EXPECT_TRUE(scratch.intact());
  return c;
}

template <typename T>
Matrix<T> product_packed(const GemmShape& shape, const Matrix<T>& a, const PackedMatrix<T>& b,
                         const GemmEpilogue<T>& epilogue = {}) {
  Matrix<T> c(static_cast<size_t>(shape.m * (shape.ldc != 0 ? shape.ldc : shape.n)), T(kUntouched));
  Scratch scratch(gemm_scratch_bytes<T>(shape));
  gemm_run_packed_tiles<T>(shape, a.data(), b.data(), c.data(), epilogue, scratch.data, 0,
                           gemm_tiles(shape));
  EXPECT_TRUE(scratch.intact());
  return c;
}

template <typename T>
bool same_bits(const Matrix<T>& x, const Matrix<T>& y) {
  return x.size() == y.size() &&
         (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0);
}

// The contract in plain words: one chain over k, fused where the instruction set fuses.
template <typename T>
Matrix<T> chain(const GemmShape& s, const Matrix<T>& a, const Matrix<T>& b,
                const GemmEpilogue<T>& epilogue = {}) {
  const std::string target = active_target();
  const bool fused = target == "AVX2" || target == "AVX3";
  const int64_t lda = s.lda != 0 ? s.lda : (s.transpose_a ? s.m : s.k);
  const int64_t ldb = s.ldb != 0 ? s.ldb : (s.transpose_b ? s.k : s.n);
  const int64_t ldc = s.ldc != 0 ? s.ldc : s.n;
  Matrix<T> c(static_cast<size_t>(s.m * ldc), T(kUntouched));
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      T sum = 0;
      for (int64_t k = 0; k < s.k; ++k) {
        const T x = a[static_cast<size_t>(s.transpose_a ? k * lda + i : i * lda + k)];
        const T y = b[static_cast<size_t>(s.transpose_b ? j * ldb + k : k * ldb + j)];
        sum = fused ? std::fma(x, y, sum) : x * y + sum;
      }
      if (epilogue.bias != nullptr) sum += epilogue.bias[j];
      if (epilogue.relu && sum < 0) sum = 0;
      c[static_cast<size_t>(i * ldc + j)] = sum;
    }
  }
  return c;
}

struct Case {
  int64_t m, n, k;
};
constexpr Case kCases[] = {
    {0, 5, 3},     {5, 0, 3},      {4, 7, 0},     {1, 1, 1},      {1, 128, 128}, {1, 115, 300},
    {2, 33, 9},    {3, 70, 17},    {5, 8, 5},     {6, 16, 12},    {7, 17, 13},   {12, 32, 4},
    {13, 31, 257}, {16, 64, 300},  {17, 115, 5},  {64, 9, 128},   {97, 130, 20}, {100, 40, 513},
    {193, 3, 31},  {130, 260, 70}, {1, 600, 260}, {20, 520, 257},
};

// Every element against the chain, bit for bit, in all four layouts, dense and with gaps.
template <typename T>
void check_against_chain() {
  unsigned seed = 1;
  for (const Case& size : kCases) {
    for (int layout = 0; layout < 8; ++layout) {
      GemmShape s{size.m, size.n, size.k, (layout & 1) != 0, (layout & 2) != 0, 0, 0, 0};
      const int64_t a_rows = s.transpose_a ? s.k : s.m, a_columns = s.transpose_a ? s.m : s.k;
      const int64_t b_rows = s.transpose_b ? s.n : s.k, b_columns = s.transpose_b ? s.k : s.n;
      if ((layout & 4) != 0) {
        s.lda = a_columns + 3;
        s.ldb = b_columns + 1;
        s.ldc = s.n + 5;
      }
      const auto a = random_matrix<T>(a_rows, s.lda != 0 ? s.lda : a_columns, seed++);
      const auto b = random_matrix<T>(b_rows, s.ldb != 0 ? s.ldb : b_columns, seed++);
      const auto bias = random_matrix<T>(1, s.n, seed++);
      for (const GemmEpilogue<T>& epilogue :
           {GemmEpilogue<T>{}, GemmEpilogue<T>{bias.data(), false}, GemmEpilogue<T>{nullptr, true},
            GemmEpilogue<T>{bias.data(), true}}) {
        const auto expected = chain(s, a, b, epilogue);
        const std::string where = "m " + std::to_string(s.m) + " n " + std::to_string(s.n) + " k " +
                                  std::to_string(s.k) + " layout " + std::to_string(layout);
        EXPECT_TRUE(same_bits(product(s, a, b, epilogue), expected)) << where;
        const PackedMatrix<T> packed(s.k, s.n, b.data(), s.transpose_b, s.ldb);
        EXPECT_TRUE(same_bits(product_packed(s, a, packed, epilogue), expected))
            << where << " packed";
      }
    }
  }
}

TEST_P(EveryTarget, EqualsTheChainInFloat) { check_against_chain<float>(); }
TEST_P(EveryTarget, EqualsTheChainInDouble) { check_against_chain<double>(); }

// Rows alone, in any number and from any position, have the bits they have among the others.
template <typename T>
void check_row_subsets() {
  const int64_t m = 1000, n = 115, k = 300;
  const auto a = random_matrix<T>(m, k, 7);
  const auto b = random_matrix<T>(k, n, 8);
  const PackedMatrix<T> packed(k, n, b.data());
  const auto whole = product<T>({m, n, k}, a, b);
  for (const int64_t rows : {1, 2, 3, 7, 64, 999, 1000}) {
    for (const int64_t start : {int64_t{0}, int64_t{1}, m / 2, m - rows}) {
      if (start + rows > m) continue;
      const Matrix<T> part(a.begin() + start * k, a.begin() + (start + rows) * k);
      const Matrix<T> expected(whole.begin() + start * n, whole.begin() + (start + rows) * n);
      EXPECT_TRUE(same_bits(product<T>({rows, n, k}, part, b), expected)) << rows << " " << start;
      EXPECT_TRUE(same_bits(product_packed<T>({rows, n, k}, part, packed), expected))
          << rows << " " << start << " packed";
    }
  }
}

TEST_P(EveryTarget, RowsDoNotSeeEachOtherInFloat) { check_row_subsets<float>(); }
TEST_P(EveryTarget, RowsDoNotSeeEachOtherInDouble) { check_row_subsets<double>(); }

// Tiles in any grouping and order give the same bits and cover C once.
template <typename T>
void check_tile_splits() {
  std::mt19937 engine(11);
  for (const GemmShape& s : {GemmShape{500, 70, 130}, GemmShape{128, 300, 600, true},
                             GemmShape{300, 200, 300, false, true}, GemmShape{1, 2000, 1100}}) {
    const auto a = random_matrix<T>(s.m, s.k, 3);
    const auto b = random_matrix<T>(s.k, s.n, 4);
    const PackedMatrix<T> packed(s.k, s.n, b.data(), s.transpose_b);
    const auto expected = product(s, a, b);
    const int64_t tiles = gemm_tiles(s);
    ASSERT_GT(tiles, 1);
    Scratch scratch(gemm_scratch_bytes<T>(s));
    for (int trial = 0; trial < 4; ++trial) {
      std::vector<std::pair<int64_t, int64_t>> ranges;
      for (int64_t first = 0; first < tiles;) {
        const int64_t last =
            std::min(tiles, first + std::uniform_int_distribution<int64_t>(1, trial + 1)(engine));
        ranges.emplace_back(first, last);
        first = last;
      }
      std::shuffle(ranges.begin(), ranges.end(), engine);
      Matrix<T> c(expected.size(), T(kUntouched)), c_packed(c);
      for (const auto& [first, last] : ranges) {
        gemm_run_tiles<T>(s, a.data(), b.data(), c.data(), {}, scratch.data, first, last);
        gemm_run_packed_tiles<T>(s, a.data(), packed.data(), c_packed.data(), {}, scratch.data,
                                 first, last);
      }
      EXPECT_TRUE(same_bits(c, expected)) << s.m << " " << s.n << " trial " << trial;
      EXPECT_TRUE(same_bits(c_packed, expected)) << s.m << " " << s.n << " packed " << trial;
    }
    EXPECT_TRUE(scratch.intact());
  }
}

TEST_P(EveryTarget, TilesMayBeSplitInFloat) { check_tile_splits<float>(); }
TEST_P(EveryTarget, TilesMayBeSplitInDouble) { check_tile_splits<double>(); }

TEST_P(EveryTarget, NotANumberReachesItsRowOnlyAndPassesRelu) {
  const int64_t m = 9, n = 21, k = 10;
  auto a = random_matrix<float>(m, k, 5);
  const auto b = random_matrix<float>(k, n, 6);
  a[4 * k + 7] = std::numeric_limits<float>::quiet_NaN();
  const auto c = product<float>({m, n, k}, a, b, {nullptr, true});
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      EXPECT_EQ(std::isnan(c[static_cast<size_t>(i * n + j)]), i == 4) << i << " " << j;
    }
  }
}

// Counts how often each element is finished, and looks whether it is complete then.
template <typename T>
struct Finished {
  const Matrix<T>& expected;
  Matrix<T>& c;
  int64_t n;
  std::vector<int> times;
  int early = 0;

  static void call(void* object, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    auto& self = *static_cast<Finished*>(object);
    for (int64_t i = row; i < row + rows; ++i) {
      for (int64_t j = column; j < column + columns; ++j) {
        const auto at = static_cast<size_t>(i * self.n + j);
        ++self.times[at];
        self.early += self.c[at] != self.expected[at];
        self.c[at] = T(7);  // what it leaves there stays
      }
    }
  }
};

TEST_P(EveryTarget, EveryElementIsFinishedOnceAndComplete) {
  for (const GemmShape& s : {GemmShape{1, 5, 3}, GemmShape{500, 70, 600}, GemmShape{7, 600, 300},
                             GemmShape{128, 300, 600, true}, GemmShape{33, 17, 0}}) {
    const auto a = random_matrix<float>(s.m, s.k, 3);
    const auto b = random_matrix<float>(s.k, s.n, 4);
    const auto bias = random_matrix<float>(1, s.n, 5);
    GemmEpilogue<float> epilogue{bias.data(), true};
    const auto expected = product(s, a, b, epilogue);
    Matrix<float> c(expected.size());
    Finished<float> finished{expected, c, s.n, std::vector<int>(expected.size()), 0};
    epilogue.finish = &Finished<float>::call;
    epilogue.object = &finished;
    Scratch scratch(gemm_scratch_bytes<float>(s));
    for (int64_t tile = gemm_tiles(s); tile-- > 0;) {
      gemm_run_tiles<float>(s, a.data(), b.data(), c.data(), epilogue, scratch.data, tile,
                            tile + 1);
    }
    EXPECT_EQ(finished.times, std::vector<int>(expected.size(), 1)) << s.m << " " << s.n;
    EXPECT_EQ(finished.early, 0) << s.m << " " << s.n;
    EXPECT_EQ(c, Matrix<float>(expected.size(), 7)) << s.m << " " << s.n;
  }
}

TEST(Gemm, TilesDependOnTheShapeAlone) {
  EXPECT_EQ(gemm_tiles({0, 10, 10}), 0);
  EXPECT_EQ(gemm_tiles({10, 0, 10}), 0);
  EXPECT_EQ(gemm_tiles({1, 1, 0}), 1);
  EXPECT_EQ(gemm_tiles({1, 128, 128}), 1);
  EXPECT_EQ(gemm_tiles({1024, 128, 128}), 16);
  EXPECT_EQ(gemm_tiles({128, 128, 1024, true}), 8);
}

INSTANTIATE_TEST_SUITE_P(Highway, EveryTarget,
                         testing::ValuesIn((ensure_dispatch(),
                                            hwy::SupportedAndGeneratedTargets())),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

}  // namespace
}  // namespace castalia::cpu
