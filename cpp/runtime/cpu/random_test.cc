// The vector code against the definition of the draws, bit for bit.
#include "cpp/runtime/cpu/random.h"

#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

class RandomTest : public EachTarget {};

template <typename T>
void expect_same_bits(const Stream& first, int64_t rows, int64_t features) {
  const auto count = static_cast<size_t>(rows * features);
  std::vector<T> uniform(count), normal(count), expected(count);
  fill_uniform_rows(first, rows, features, uniform.data());
  fill_normal_rows(first, rows, features, normal.data());
  const auto fill = [&](auto fill_row) {
    Stream stream = first;
    for (int64_t row = 0; row < rows; ++row, ++stream.event) {
      fill_row(stream, std::span(expected).subspan(static_cast<size_t>(row * features),
                                                   static_cast<size_t>(features)));
    }
  };
  fill([](const Stream& stream, std::span<T> row) { fill_uniform(stream, row); });
  EXPECT_EQ(std::memcmp(uniform.data(), expected.data(), count * sizeof(T)), 0)
      << "uniform " << rows << " " << features;
  fill([](const Stream& stream, std::span<T> row) { fill_normal(stream, row); });
  EXPECT_EQ(std::memcmp(normal.data(), expected.data(), count * sizeof(T)), 0)
      << "normal " << rows << " " << features;
}

TEST_P(RandomTest, DrawsAreThoseOfTheirAddresses) {
  const Stream plain{.seed = 42, .event = 7, .stage = 3};
  // Every word of the counter and of the key in use, and an event whose upper word changes.
  const Stream full{.seed = 0xfedcba9876543210,
                    .event = (uint64_t{5} << 32) - 3,
                    .stage = 65535,
                    .particle = 40000};
  for (const Stream& stream : {plain, full}) {
    for (const int64_t features : {1, 2, 3, 12, 13, 127, 128, 129, 1000}) {
      for (const int64_t rows : {1, 2, 9, 70}) {
        expect_same_bits<float>(stream, rows, features);
        expect_same_bits<double>(stream, rows, features);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, RandomTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
