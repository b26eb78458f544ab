#include "cpp/runtime/cpu/pooling.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

class Pooling : public EachTarget {};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// One axis, `kernel` long, moved by `stride`.
PoolingShape line(int64_t images, int64_t in, int64_t kernel, int64_t stride, int64_t padding,
                  int64_t channels) {
  const int64_t out = (in + 2 * padding - kernel) / stride + 1;
  return {images, {{{}, {}, {in, out, kernel, stride, 1, padding}}}, channels};
}

// Numbers that repeat after a while, so that windows hold ties.
template <typename T>
std::vector<T> numbers(int64_t count, int64_t period) {
  std::vector<T> all;
  for (int64_t i = 0; i < count; ++i) all.push_back(static_cast<T>(i * 7 % period) / 3);
  return all;
}

TEST_P(Pooling, TakesTheFirstOfEqualOnesAndNanBeforeNumbers) {
  const PoolingShape shape = line(1, 8, 4, 4, 0, 1);
  const std::vector<double> x = {1, 3, 3, 2, 5, kNan, 7, kNan};
  const std::vector<double> v = {10, 11, 12, 13, 14, 15, 16, 17};
  std::vector<double> out(2), in(8);
  max_pool(shape, x.data(), v.data(), out.data(), 0, 1);
  EXPECT_EQ(out, (std::vector<double>{11, 15}));
  max_pool(shape, x.data(), x.data(), out.data(), 0, 1);
  EXPECT_EQ(out[0], 3);
  EXPECT_TRUE(std::isnan(out[1]));
  const std::vector<double> g = {2, 4};
  max_pool_transpose(shape, x.data(), g.data(), in.data(), 0, 1);
  EXPECT_EQ(in, (std::vector<double>{0, 2, 0, 0, 0, 4, 0, 0}));
}

TEST_P(Pooling, NeverTakesPadding) {
  const PoolingShape shape = line(1, 3, 3, 1, 1, 1);
  const std::vector<float> x = {-5, -4, -6};
  std::vector<float> out(3);
  max_pool(shape, x.data(), x.data(), out.data(), 0, 1);
  EXPECT_EQ(out, (std::vector<float>{-4, -4, -4}));
}

TEST_P(Pooling, DividesByWhatItIsAsked) {
  const PoolingShape shape = line(1, 3, 2, 2, 1, 1);
  const std::vector<float> x = {4, 6, 10};
  std::vector<float> out(2);
  average_pool(shape, PoolDivisor::one, x.data(), out.data(), 0, 1);
  EXPECT_EQ(out, (std::vector<float>{4, 16}));
  average_pool(shape, PoolDivisor::taps, x.data(), out.data(), 0, 1);
  EXPECT_EQ(out, (std::vector<float>{2, 8}));
  average_pool(shape, PoolDivisor::inside, x.data(), out.data(), 0, 1);
  EXPECT_EQ(out, (std::vector<float>{4, 8}));
}

// Channels that fill vectors and such that do not have the same bits, and so has an image alone.
TEST_P(Pooling, DoesNotDependOnPlace) {
  const PoolingShape wide = line(3, 11, 3, 2, 1, 19);
  PoolingShape narrow = wide;
  narrow.channels = 1;
  narrow.images = 1;
  const auto x = numbers<float>(3 * 11 * 19, 31);
  const auto g = numbers<float>(3 * 6 * 19, 17);
  const auto check = [&](auto run, const std::vector<float>& given, int64_t in, int64_t out) {
    std::vector<float> all(static_cast<size_t>(3 * out * 19));
    run(wide, x.data(), given.data(), all.data(), int64_t{3});
    for (int64_t c = 0; c < 19; ++c) {
      std::vector<float> one_x, one_given, one(static_cast<size_t>(out));
      for (int64_t i = 0; i < 11; ++i)
        one_x.push_back(x[static_cast<size_t>((2 * 11 + i) * 19 + c)]);
      for (int64_t i = 0; i < in; ++i) {
        one_given.push_back(given[static_cast<size_t>((2 * in + i) * 19 + c)]);
      }
      run(narrow, one_x.data(), one_given.data(), one.data(), int64_t{1});
      for (int64_t i = 0; i < out; ++i) {
        EXPECT_EQ(one[static_cast<size_t>(i)], all[static_cast<size_t>((2 * out + i) * 19 + c)]);
      }
    }
  };
  using Shape = const PoolingShape&;
  check([](Shape s, const float* a, const float* b, float* to,
           int64_t n) { max_pool(s, a, b, to, 0, n); },
        x, 11, 6);
  check([](Shape s, const float* a, const float* b, float* to,
           int64_t n) { max_pool_transpose(s, a, b, to, 0, n); },
        g, 6, 11);
  check([](Shape s, const float*, const float* b, float* to,
           int64_t n) { average_pool(s, PoolDivisor::inside, b, to, 0, n); },
        x, 11, 6);
  check([](Shape s, const float*, const float* b, float* to,
           int64_t n) { average_pool_transpose(s, PoolDivisor::inside, b, to, 0, n); },
        g, 6, 11);
}

TEST_P(Pooling, InterpolatesBetweenCentres) {
  const InterpolationShape shape{1, 2, 4, 1};
  const std::vector<double> x = {1, 5};
  std::vector<double> out(4), in(2);
  interpolate(shape, x.data(), out.data(), 0, 1);
  EXPECT_EQ(out, (std::vector<double>{1, 2, 4, 5}));
  const std::vector<double> g = {8, 8, 8, 16};
  interpolate_transpose(shape, g.data(), in.data(), 0, 1);
  EXPECT_EQ(in, (std::vector<double>{16, 24}));
}

INSTANTIATE_TEST_SUITE_P(All, Pooling, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
