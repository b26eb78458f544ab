// Sums of rows against plain loops, which must have the same bits.
#include "cpp/runtime/cpu/row_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

class RowSumsTest : public EachTarget {};

template <typename T>
void expect_sums() {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const size_t width : {0, 1, 2, 3, 8, 15, 16, 33, 128}) {
    for (const size_t rows : {0, 1, 7, 40}) {
      std::vector<T> x(rows * width), mask(rows);
      for (T& element : x) element = static_cast<T>(1e3 * normal(random));
      std::vector<int64_t> listed;
      std::vector<double> in_order(width), in_reverse(width);
      for (size_t i = 0; i < rows; ++i) mask[i] = random() % 3 == 0 ? T(0) : T(0.5);
      for (size_t i = 0; i < rows; ++i) {
        if (mask[i] == T(0)) continue;
        listed.insert(listed.begin(), static_cast<int64_t>(i));
        for (size_t j = 0; j < width; ++j) in_order[j] += static_cast<double>(x[i * width + j]);
      }
      for (const int64_t i : listed) {
        for (size_t j = 0; j < width; ++j) {
          in_reverse[j] += static_cast<double>(x[static_cast<size_t>(i) * width + j]);
        }
      }
      // What is not summed does not matter.
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < width && mask[i] == T(0); ++j) x[i * width + j] = T(NAN);
      }
      std::vector<T> got(width, T(7));
      sum_masked_rows(x.data(), width, mask.data(), rows, got.data());
      EXPECT_EQ(got, std::vector<T>(in_order.begin(), in_order.end())) << width << ", " << rows;
      sum_listed_rows(x.data(), width, listed.data(), listed.size(), got.data());
      EXPECT_EQ(got, std::vector<T>(in_reverse.begin(), in_reverse.end())) << width << ", " << rows;
    }
  }
}

TEST_P(RowSumsTest, HaveTheBitsOfPlainLoops) {
  expect_sums<float>();
  expect_sums<double>();
}

TEST_P(RowSumsTest, KeepNanAndInfinity) {
  const std::vector<float> x = {1, NAN, INFINITY, 4, 5, -1, 2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3e38f};
  const std::vector<float> twice = [&] {
    std::vector<float> rows = x;
    rows.insert(rows.end(), x.begin(), x.end());
    return rows;
  }();
  const float mask[] = {1, 1};
  std::vector<float> got(x.size());
  sum_masked_rows(twice.data(), x.size(), mask, 2, got.data());
  EXPECT_TRUE(std::isnan(got[1]));
  EXPECT_EQ(got[2], INFINITY);
  EXPECT_EQ(got[16], INFINITY);
  EXPECT_EQ(got[3], 8);
}

INSTANTIATE_TEST_SUITE_P(Targets, RowSumsTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
