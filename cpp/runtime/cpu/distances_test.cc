// Distances and their gradient against plain loops in double.
#include "cpp/runtime/cpu/distances.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <new>
#include <random>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

class Scratch {
 public:
  explicit Scratch(size_t bytes) : data_(::operator new(bytes + 64, std::align_val_t(64))) {}
  ~Scratch() { ::operator delete(data_, std::align_val_t(64)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void* data() const { return data_; }

 private:
  void* data_;
};

template <typename T>
std::vector<T> random_numbers(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<T> numbers(count);
  for (T& number : numbers) number = static_cast<T>(normal(random));
  return numbers;
}

template <typename T>
std::vector<T> all_distances(const PointSets& sets, const std::vector<T>& x,
                             const std::vector<T>& y) {
  std::vector<T> out(sets.n * sets.m);
  const Scratch scratch(distances_scratch_bytes(sets));
  distances(sets, x.data(), y.data(), 0, sets.n, out.data(), scratch.data());
  return out;
}

template <typename T>
double square_between(const PointSets& sets, const std::vector<T>& x, const std::vector<T>& y,
                      size_t i, size_t j) {
  double sum = 0;
  for (size_t k = 0; k < sets.features; ++k) {
    const double difference = static_cast<double>(x[i * sets.features + k]) -
                              static_cast<double>(y[j * sets.features + k]);
    sum += difference * difference;
  }
  return sum;
}

std::vector<PointSets> sizes() {
  std::vector<PointSets> all;
  for (const bool squared : {false, true}) {
    for (const size_t features : {0, 1, 2, 3, 4, 9, 33}) {
      all.push_back({.n = 7, .m = 19, .features = features, .squared = squared});
    }
    all.push_back({.n = 1, .m = 1, .features = 3, .squared = squared});
    all.push_back({.n = 0, .m = 5, .features = 3, .squared = squared});
    all.push_back({.n = 5, .m = 0, .features = 3, .squared = squared});
    all.push_back({.n = 40, .m = 64, .features = 16, .squared = squared});
  }
  return all;
}

class DistancesTest : public EachTarget {};

template <typename T>
void expect_distances() {
  for (const PointSets& sets : sizes()) {
    const auto x = random_numbers<T>(sets.n * sets.features, 1);
    auto y = random_numbers<T>(sets.m * sets.features, 2);
    // A pair of equal points, and one of near ones.
    for (size_t k = 0; k < sets.features && sets.n > 2 && sets.m > 2; ++k) {
      y[k] = x[k];
      y[sets.features + k] = std::nextafter(x[sets.features + k], T(9));
    }
    const std::vector<T> got = all_distances(sets, x, y);
    for (size_t i = 0; i < sets.n; ++i) {
      for (size_t j = 0; j < sets.m; ++j) {
        const double square = square_between(sets, x, y, i, j);
        const double expected = sets.squared ? square : std::sqrt(square);
        ASSERT_NEAR(static_cast<double>(got[i * sets.m + j]), expected,
                    8 * static_cast<double>(std::numeric_limits<T>::epsilon()) * expected)
            << i << ", " << j << " of " << sets.features << " features";
      }
    }
  }
}

TEST_P(DistancesTest, MatchPlainLoops) {
  expect_distances<float>();
  expect_distances<double>();
}

TEST_P(DistancesTest, DoNotDependOnTheOtherPoints) {
  const PointSets sets{.n = 11, .m = 21, .features = 5};
  const auto x = random_numbers<float>(sets.n * sets.features, 3);
  const auto y = random_numbers<float>(sets.m * sets.features, 4);
  const std::vector<float> all = all_distances(sets, x, y);
  for (size_t j = 0; j < sets.m; ++j) {
    const PointSets one{.n = 1, .m = 1, .features = sets.features};
    const size_t i = j % sets.n, f = sets.features;
    const std::vector<float> xi(x.begin() + static_cast<std::ptrdiff_t>(i * f),
                                x.begin() + static_cast<std::ptrdiff_t>((i + 1) * f));
    const std::vector<float> yj(y.begin() + static_cast<std::ptrdiff_t>(j * f),
                                y.begin() + static_cast<std::ptrdiff_t>((j + 1) * f));
    EXPECT_EQ(all_distances(one, xi, yj)[0], all[i * sets.m + j]);
  }
}

template <typename T>
void expect_gradients() {
  for (const PointSets& sets : sizes()) {
    const size_t f = sets.features;
    const auto x = random_numbers<T>(sets.n * f, 5);
    auto y = random_numbers<T>(sets.m * f, 6);
    for (size_t k = 0; k < f && sets.n > 0 && sets.m > 0; ++k) y[k] = x[k];
    const auto g = random_numbers<T>(sets.n * sets.m, 7);
    std::vector<T> by_x(x.size(), T(7)), by_y(y.size(), T(7));
    const Scratch scratch(distances_gradient_scratch_bytes(sets));
    distances_gradient(sets, x.data(), y.data(), g.data(), by_x.data(), by_y.data(),
                       scratch.data());
    std::vector<double> want_x(x.size()), want_y(y.size()), size_x(x.size()), size_y(y.size());
    for (size_t i = 0; i < sets.n; ++i) {
      for (size_t j = 0; j < sets.m; ++j) {
        const double square = square_between(sets, x, y, i, j);
        const double given = static_cast<double>(g[i * sets.m + j]);
        const double factor = sets.squared  ? 2 * given
                              : square == 0 ? 0
                                            : given / std::sqrt(square);
        for (size_t k = 0; k < f; ++k) {
          const double term =
              factor * (static_cast<double>(x[i * f + k]) - static_cast<double>(y[j * f + k]));
          want_x[i * f + k] += term;
          want_y[j * f + k] -= term;
          size_x[i * f + k] += std::abs(term);
          size_y[j * f + k] += std::abs(term);
        }
      }
    }
    const double unit = 16 * static_cast<double>(std::numeric_limits<T>::epsilon());
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_NEAR(static_cast<double>(by_x[i]), want_x[i], unit * size_x[i]) << i;
    }
    for (size_t j = 0; j < y.size(); ++j) {
      ASSERT_NEAR(static_cast<double>(by_y[j]), want_y[j], unit * size_y[j]) << j;
    }
  }
}

TEST_P(DistancesTest, GradientsMatchPlainLoops) {
  expect_gradients<float>();
  expect_gradients<double>();
}

INSTANTIATE_TEST_SUITE_P(Targets, DistancesTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
