#include "cpp/runtime/cpu/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
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
std::vector<T> random_array(int64_t size, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<T> normal;
  std::vector<T> array(static_cast<size_t>(size));
  for (T& x : array) x = normal(engine);
  return array;
}

int64_t size_of(const ReduceShape& s) { return s.outer * s.n * s.inner; }

template <typename In, typename Out>
std::vector<Out> sums(const ReduceShape& s, const std::vector<In>& in) {
  std::vector<Out> out(static_cast<size_t>(s.outer * s.inner), Out(-99));
  reduce_sum(s, in.data(), out.data(), 0, reduce_tiles(s));
  return out;
}

template <typename T>
std::vector<T> maxima(const ReduceShape& s, const std::vector<T>& in) {
  std::vector<T> out(static_cast<size_t>(s.outer * s.inner), T(-99));
  reduce_max(s, in.data(), out.data(), 0, reduce_tiles(s));
  return out;
}

template <typename T>
bool same_bits(const std::vector<T>& x, const std::vector<T>& y) {
  return x.size() == y.size() &&
         (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0);
}

const ReduceShape kShapes[] = {
    {0, 5, 1},     {5, 0, 1},    {5, 0, 3},     {5, 3, 0},      {1, 1, 1},
    {7, 3, 1},     {9, 31, 1},   {9, 32, 1},    {5, 129, 1},    {3, 1000, 1},
    {1, 70000, 1}, {4, 9, 2},    {3, 17, 65},   {1, 1024, 115}, {1, 3, 200},
    {1, 1, 3000},  {600, 5, 13}, {2000, 40, 1}, {2, 70, 1300},  {1, 200, 3},
};

template <typename In, typename Out>
void check_sums() {
  unsigned seed = 1;
  for (const ReduceShape& s : kShapes) {
    const auto in = random_array<In>(size_of(s), seed++);
    const auto out = sums<In, Out>(s, in);
    for (int64_t o = 0; o < s.outer; ++o) {
      for (int64_t i = 0; i < s.inner; ++i) {
        double sum = 0, magnitude = 0;
        for (int64_t j = 0; j < s.n; ++j) {
          const double x = in[static_cast<size_t>((o * s.n + j) * s.inner + i)];
          sum += x;
          magnitude += std::abs(x);
        }
        const double rounding = std::abs(sum) * std::numeric_limits<Out>::epsilon() / 2;
        EXPECT_NEAR(out[static_cast<size_t>(o * s.inner + i)], sum, 1e-13 * magnitude + rounding)
            << s.outer << " " << s.n << " " << s.inner << " at " << o << " " << i;
      }
    }
  }
}

TEST_P(EveryTarget, SumEqualsThePlainLoop) {
  check_sums<float, float>();
  check_sums<float, double>();
  check_sums<double, float>();
  check_sums<double, double>();
}

// Every instruction set adds in the same order: the sums are those of the widest one, bit for bit.
TEST_P(EveryTarget, SumHasTheSameBitsOnEveryInstructionSet) {
  unsigned seed = 40;
  for (const ReduceShape& s : kShapes) {
    const auto in = random_array<double>(size_of(s), seed++);
    const auto here = sums<double, double>(s, in);
    hwy::SetSupportedTargetsForTest(0);
    const auto widest = sums<double, double>(s, in);
    hwy::SetSupportedTargetsForTest(GetParam());
    EXPECT_TRUE(same_bits(here, widest)) << s.outer << " " << s.n << " " << s.inner;
  }
}

// A row alone has the bits that it has among the others, wherever it stands.
TEST_P(EveryTarget, RowsDoNotSeeEachOther) {
  for (const ReduceShape& s : {ReduceShape{50, 115, 1}, ReduceShape{50, 5, 1},
                               ReduceShape{50, 37, 9}, ReduceShape{50, 3, 70}}) {
    const auto in = random_array<float>(size_of(s), 3);
    const auto whole = sums<float, double>(s, in);
    const auto top = maxima(s, in);
    const int64_t row = s.n * s.inner;
    for (const int64_t rows : {1, 7, 49}) {
      for (const int64_t start : {int64_t{0}, int64_t{1}, s.outer - rows}) {
        const std::vector<float> part(in.begin() + start * row, in.begin() + (start + rows) * row);
        const ReduceShape smaller{rows, s.n, s.inner};
        const auto begin = start * s.inner, end = (start + rows) * s.inner;
        EXPECT_TRUE(same_bits(sums<float, double>(smaller, part),
                              {whole.begin() + begin, whole.begin() + end}));
        EXPECT_TRUE(same_bits(maxima(smaller, part), {top.begin() + begin, top.begin() + end}));
      }
    }
  }
}

TEST_P(EveryTarget, TilesMayBeSplit) {
  for (const ReduceShape& s : {ReduceShape{5000, 40, 1}, ReduceShape{1, 1024, 300},
                               ReduceShape{700, 10, 33}, ReduceShape{1, 1, 100000}}) {
    const auto in = random_array<float>(size_of(s), 4);
    const int64_t tiles = reduce_tiles(s);
    ASSERT_GT(tiles, 1);
    const auto expected = sums<float, float>(s, in);
    const auto expected_max = maxima(s, in);
    std::vector<float> out(expected.size(), -99.0F), out_max(out);
    for (int64_t tile = tiles - 1; tile >= 0; --tile) {
      reduce_sum(s, in.data(), out.data(), tile, tile + 1);
      reduce_max(s, in.data(), out_max.data(), tile, tile + 1);
    }
    EXPECT_TRUE(same_bits(out, expected));
    EXPECT_TRUE(same_bits(out_max, expected_max));
  }
}

// An array that is made piece by piece, each element once, has the bits of one in memory.
TEST_P(EveryTarget, PiecesHaveTheBitsOfTheWhole) {
  struct Maker {
    std::vector<float> all, piece;
    std::vector<int> made;
    static const float* make(void* object, int64_t first, int64_t count) {
      auto& self = *static_cast<Maker*>(object);
      EXPECT_LE(count, 1024);
      self.piece.assign(self.all.begin() + first, self.all.begin() + first + count);
      for (int64_t i = first; i < first + count; ++i) ++self.made[static_cast<size_t>(i)];
      return self.piece.data();
    }
  };
  unsigned seed = 130;
  for (const ReduceShape& s : kShapes) {
    SCOPED_TRACE(testing::Message() << s.outer << " " << s.n << " " << s.inner);
    const auto in = random_array<float>(size_of(s), seed++);
    Maker maker{in, {}, std::vector<int>(in.size())};
    const ReduceSource<float> source{&Maker::make, &maker, 1024};
    std::vector<double> sum(static_cast<size_t>(s.outer * s.inner), -99.0);
    std::vector<float> largest(sum.size(), -99.0F);
    for (int64_t tile = reduce_tiles(s) - 1; tile >= 0; --tile) {
      reduce_sum(s, source, sum.data(), tile, tile + 1);
      reduce_max(s, source, largest.data(), tile, tile + 1);
    }
    EXPECT_TRUE(same_bits(sum, sums<float, double>(s, in)));
    EXPECT_TRUE(same_bits(largest, maxima(s, in)));
    for (const int times : maker.made) ASSERT_EQ(times, 2);
  }
}

TEST_P(EveryTarget, MaxEqualsThePlainLoopAndKeepsNaN) {
  unsigned seed = 70;
  for (const ReduceShape& s : kShapes) {
    auto in = random_array<double>(size_of(s), seed++);
    if (in.size() > 4) in[in.size() / 2] = std::numeric_limits<double>::quiet_NaN();
    const auto out = maxima(s, in);
    for (int64_t o = 0; o < s.outer; ++o) {
      for (int64_t i = 0; i < s.inner; ++i) {
        double best = -std::numeric_limits<double>::infinity();
        bool nan = false;
        for (int64_t j = 0; j < s.n; ++j) {
          const double x = in[static_cast<size_t>((o * s.n + j) * s.inner + i)];
          nan = nan || std::isnan(x);
          best = std::fmax(best, x);
        }
        const double got = out[static_cast<size_t>(o * s.inner + i)];
        if (nan) {
          EXPECT_TRUE(std::isnan(got));
        } else {
          EXPECT_EQ(got, best);
        }
      }
    }
  }
}

TEST_P(EveryTarget, MinIsTheNegatedMaxOfTheNegated) {
  unsigned seed = 90;
  for (const ReduceShape& s : kShapes) {
    auto in = random_array<float>(size_of(s), seed++);
    if (in.size() > 4) in[in.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> out(static_cast<size_t>(s.outer * s.inner), -99.0F);
    reduce_min(s, in.data(), out.data(), 0, reduce_tiles(s));
    for (float& x : in) x = -x;
    const auto largest = maxima(s, in);
    for (size_t i = 0; i < out.size(); ++i) {
      if (std::isnan(largest[i])) {
        EXPECT_TRUE(std::isnan(out[i]));
      } else {
        EXPECT_EQ(out[i], -largest[i]);
      }
    }
  }
}

TEST_P(EveryTarget, ProductEqualsThePlainLoop) {
  unsigned seed = 110;
  for (const ReduceShape& s : kShapes) {
    std::vector<double> in = random_array<double>(size_of(s), seed++);
    // Near 1, so that no product leaves the range.
    for (double& x : in) x = std::exp2(x / 64) * (x < -1 ? -1 : 1);
    std::vector<double> out(static_cast<size_t>(s.outer * s.inner), -99.0);
    reduce_product(s, in.data(), out.data(), 0, reduce_tiles(s));
    for (int64_t o = 0; o < s.outer; ++o) {
      for (int64_t i = 0; i < s.inner; ++i) {
        double product = 1;
        for (int64_t j = 0; j < s.n; ++j) {
          product *= in[static_cast<size_t>((o * s.n + j) * s.inner + i)];
        }
        EXPECT_NEAR(out[static_cast<size_t>(o * s.inner + i)] / product, 1, 1e-11)
            << s.outer << " " << s.n << " " << s.inner << " at " << o << " " << i;
      }
    }
  }
}

TEST(CumulativeSum, IsOneChainInDouble) {
  for (const ReduceShape& s : {ReduceShape{0, 4, 1}, ReduceShape{4, 0, 1}, ReduceShape{1, 9, 1},
                               ReduceShape{3000, 17, 1}}) {
    const auto in = random_array<float>(size_of(s), 5);
    std::vector<float> out(in.size(), -99.0F);
    for (int64_t tile = reduce_tiles(s) - 1; tile >= 0; --tile) {
      cumulative_sum(s, in.data(), out.data(), tile, tile + 1);
    }
    for (int64_t o = 0; o < s.outer; ++o) {
      double sum = 0;
      for (int64_t j = 0; j < s.n; ++j) {
        const auto at = static_cast<size_t>(o * s.n + j);
        sum += static_cast<double>(in[at]);
        EXPECT_EQ(out[at], static_cast<float>(sum)) << o << " " << j;
      }
    }
  }
  std::vector<float> two(2);
  EXPECT_THROW(cumulative_sum({1, 1, 2}, two.data(), two.data(), 0, 1), Error);
}

INSTANTIATE_TEST_SUITE_P(Highway, EveryTarget,
                         testing::ValuesIn((ensure_dispatch(),
                                            hwy::SupportedAndGeneratedTargets())),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

}  // namespace
}  // namespace castalia::cpu
