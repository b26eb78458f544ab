// Sums over rows of pairs against plain loops in double.
#include "cpp/runtime/cpu/pair_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

// What may be read beyond the last element; it must not matter.
constexpr size_t kSlack = 16;
constexpr size_t kCounts[] = {0, 1, 3, 4, 7, 8, 9, 16, 31, 100, 256};

template <typename T>
std::vector<T> random_numbers(size_t count, double low, double high, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<T> numbers(count);
  for (T& number : numbers) number = static_cast<T>(uniform(random));
  numbers.resize(count + kSlack, std::numeric_limits<T>::quiet_NaN());
  return numbers;
}

template <typename T>
double kernel_of(const PairKernel<T>& kernel, double x) {
  const auto rate = static_cast<double>(kernel.rate);
  switch (kernel.form) {
    case PairKernel<T>::Form::gaussian: return std::exp(rate * x);
    case PairKernel<T>::Form::energy: return rate * std::sqrt(x);
    case PairKernel<T>::Form::polynomial: return std::pow(rate * x + 1, kernel.degree);
  }
  return 0;
}

template <typename T>
std::vector<PairKernel<T>> kernels() {
  using Form = typename PairKernel<T>::Form;
  return {{Form::gaussian, T(-0.5), 1},   {Form::gaussian, T(0), 1},
          {Form::energy, T(-2), 1},       {Form::polynomial, T(0.25), 1},
          {Form::polynomial, T(0.25), 4}, {Form::polynomial, T(-0.5), 7}};
}

class PairKernelsTest : public EachTarget {};

template <typename T>
void expect_kernel_sums() {
  const double unit = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (const size_t count : kCounts) {
    for (const PairKernel<T>& kernel : kernels<T>()) {
      const std::vector<T> from = random_numbers<T>(count, 0, 3, 1);
      std::vector<T> weights = random_numbers<T>(count, 0, 1, 2);
      std::fill(weights.begin() + static_cast<std::ptrdiff_t>(count), weights.end(), T(5));
      const std::vector<T> before = random_numbers<T>(count, -1, 1, 3);
      std::vector<T> right = before;
      const T weight = T(0.75);
      const KernelSums sums =
          add_kernel_row<T>(kernel, {from.data(), count, weight, weights.data(), right.data()});
      double value = 0, square = 0, size = 0, square_size = 0;
      for (size_t j = 0; j < count; ++j) {
        const double k = kernel_of(kernel, static_cast<double>(from[j]));
        const auto w = static_cast<double>(weights[j]);
        value += w * k;
        size += std::abs(w * k);
        square += w * k * k;
        square_size += w * k * k;
        ASSERT_NEAR(static_cast<double>(right[j]),
                    static_cast<double>(before[j]) + static_cast<double>(weight) * k,
                    unit * (1 + std::abs(k)))
            << j << " of " << count;
      }
      EXPECT_NEAR(sums.value, value, unit * size) << count;
      EXPECT_NEAR(sums.square, square, unit * square_size) << count;
    }
  }
}

TEST_P(PairKernelsTest, SumKernelsAsPlainLoops) {
  expect_kernel_sums<float>();
  expect_kernel_sums<double>();
}

template <typename T>
void expect_no_tiny_kernels() {
  std::vector<T> from(40 + kSlack), weights(from.size(), T(1)), right(from.size(), T(0));
  for (size_t j = 0; j < from.size(); ++j) from[j] = static_cast<T>(10 * j);
  add_kernel_row<T>({PairKernel<T>::Form::gaussian, T(-1), 1},
                    {from.data(), 40, T(1), weights.data(), right.data()});
  const T least = sizeof(T) == sizeof(float) ? T(30) : T(300);
  for (size_t j = 0; j < 40; ++j) EXPECT_EQ(right[j] == 0, from[j] >= least) << from[j];
}

TEST_P(PairKernelsTest, GiveNoNumbersCloseToZero) {
  expect_no_tiny_kernels<float>();
  expect_no_tiny_kernels<double>();
}

template <typename T>
void expect_distances() {
  for (const size_t count : kCounts) {
    const std::vector<T> norms = random_numbers<T>(count, 1, 2, 4);
    const std::vector<T> products = random_numbers<T>(count, -1, 1, 5);
    const T norm = T(1.5);
    double nearest = 9;
    std::vector<double> want;
    for (size_t j = 0; j < count; ++j) {
      const double sum = static_cast<double>(norm) + static_cast<double>(norms[j]);
      want.push_back(sum - 2 * static_cast<double>(products[j]));
      nearest = std::min(nearest, want.back() / sum);
    }
    for (const bool near : {false, true}) {
      const T limit = static_cast<T>(near ? 1.001 * nearest : 0.999 * nearest);
      std::vector<T> out(count + kSlack);
      EXPECT_EQ(squared_distances<T>(norm, norms.data(), products.data(), limit, count, out.data()),
                near && count > 0);
      for (size_t j = 0; j < count; ++j) {
        EXPECT_NEAR(static_cast<double>(out[j]), want[j],
                    8 * static_cast<double>(std::numeric_limits<T>::epsilon()));
      }
    }
  }
}

TEST_P(PairKernelsTest, TellWhetherADistanceLosesDigits) {
  expect_distances<float>();
  expect_distances<double>();
}

TEST_P(PairKernelsTest, FindThePairsBelowABound) {
  for (const size_t count : kCounts) {
    const std::vector<float> norms = random_numbers<float>(count, 0, 1, 6);
    const std::vector<float> products = random_numbers<float>(count, -1, 1, 7);
    const std::vector<float> bounds = random_numbers<float>(count, -2, 2, 8);
    for (const float bound : {-9.0F, 0.0F, 1.0F, std::numeric_limits<float>::infinity()}) {
      std::vector<uint32_t> found(count);
      found.resize(pairs_below({.norm = 0.5F,
                                .norms = norms.data(),
                                .products = products.data(),
                                .keep = 0.75F,
                                .bound = bound,
                                .bounds = bounds.data(),
                                .count = count},
                               found.data()));
      std::vector<uint32_t> want;
      for (size_t j = 0; j < count; ++j) {
        const float least = 0.75F * (0.5F + norms[j]) - 2 * products[j];
        const float limit = std::max(bound, bounds[j]);
        ASSERT_GT(std::abs(least - limit), 1e-6F);  // so that rounding does not decide
        if (least <= limit) want.push_back(static_cast<uint32_t>(j));
      }
      EXPECT_EQ(found, want) << count << " below " << bound;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, PairKernelsTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
