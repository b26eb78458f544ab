#include "cpp/referee/kernel_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "cpp/base/status.h"
#include "cpp/referee/pairs.h"

namespace castalia::referee {
namespace {

Rows random_rows(int64_t count, int64_t columns, uint64_t seed, double shift = 0,
                 bool weighted = false) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(shift, 1);
  std::uniform_real_distribution<double> uniform(0.5, 2);
  Rows out{count, columns, {}, {}};
  for (int64_t i = 0; i < count * columns; ++i) out.x.push_back(normal(random));
  double sum = 0;
  for (int64_t r = 0; r < count; ++r) {
    out.weights.push_back(weighted ? uniform(random) : 1.0);
    sum += out.weights.back();
  }
  for (double& weight : out.weights) weight /= sum;
  return out;
}

double value_of(const Kernel& kernel, const double* x, const double* y, int64_t columns) {
  double distance = 0;
  double product = 0;
  for (int64_t j = 0; j < columns; ++j) {
    distance += (x[j] - y[j]) * (x[j] - y[j]);
    product += x[j] * y[j];
  }
  switch (kernel.form) {
    case Kernel::Form::gaussian: return std::exp(-distance / (2 * kernel.width * kernel.width));
    case Kernel::Form::polynomial: return std::pow(kernel.slope * product + 1, kernel.degree);
    case Kernel::Form::energy: return -std::sqrt(distance);
  }
  return 0;
}

// Loops over all pairs.
double plain(const Rows& x, const Rows& y, const Kernel& kernel) {
  const auto mean = [&](const Rows& a, const Rows& b) {
    double sum = 0;
    double weight = 0;
    for (int64_t i = 0; i < a.count; ++i) {
      for (int64_t j = 0; j < b.count; ++j) {
        if (&a == &b && i == j) continue;
        const double w = a.weights[static_cast<size_t>(i)] * b.weights[static_cast<size_t>(j)];
        sum += w * value_of(kernel, a.row(i), b.row(j), a.columns);
        weight += w;
      }
    }
    return sum / weight;
  };
  return mean(x, x) + mean(y, y) - 2 * mean(x, y);
}

std::vector<Kernel> kernels_for(int64_t columns) {
  const double root = std::sqrt(static_cast<double>(columns));
  return {{.form = Kernel::Form::gaussian, .name = "narrow", .width = root},
          {.form = Kernel::Form::gaussian, .name = "wide", .width = 3 * root},
          {.form = Kernel::Form::polynomial,
           .name = "polynomial",
           .slope = 1 / static_cast<double>(columns),
           .degree = 4},
          {.form = Kernel::Form::energy, .name = "energy"}};
}

TEST(KernelSums, AgreeWithLoopsOverAllPairs) {
  // Few columns are done in double, many in float; sizes that fill no tile, and several blocks.
  for (const int64_t columns : {1, 5, 70}) {
    for (const bool weighted : {false, true}) {
      const Rows x = random_rows(301, columns, 1, 0.3, weighted);
      const Rows y = random_rows(587, columns, 2, 0, weighted);
      const std::vector<Kernel> kernels = kernels_for(columns);
      ThreadPool pool(2);
      Work work{.pool = pool};
      const std::vector<Discrepancy> found = discrepancies(x, y, kernels, work);
      for (size_t i = 0; i < kernels.size(); ++i) {
        // The loops add up rounding of 170,000 terms.
        const double expected = plain(x, y, kernels[i]);
        const double tolerance = columns > 32 ? 2e-6 : 1e-9 * (1 + expected);
        EXPECT_NEAR(found[i].value, expected, tolerance) << kernels[i].name << ' ' << columns;
      }
    }
  }
}

TEST(KernelSums, ManyCoincidentRowsHaveNoDistance) {
  // In float the distance of equal rows far from the origin would be far from zero.
  Rows x = random_rows(200, 80, 1);
  for (int64_t r = 0; r < x.count; ++r) {
    for (int64_t j = 0; j < 80; ++j) {
      x.x[static_cast<size_t>(r * 80 + j)] = r % 2 == 0 ? 1.1 : -3.3;
    }
  }
  const Kernel kernel{.form = Kernel::Form::energy, .name = "energy"};
  ThreadPool pool(1);
  Work work{.pool = pool};
  const Discrepancy found = discrepancies(x, x, std::span(&kernel, 1), work).front();
  // Rounding of distances of 39, but not that of the squares that they come from.
  EXPECT_NEAR(found.biased, 0, 1e-5);
}

TEST(KernelSums, ErrorsAreThoseOfRepeatedSamples) {
  for (const double shift : {0.0, 0.3}) {
    const std::vector<Kernel> kernels = kernels_for(3);
    std::vector<std::vector<double>> values(kernels.size());
    std::vector<double> errors(kernels.size(), 0.0);
    constexpr int kTrials = 100;
    ThreadPool pool(1);
    Work work{.pool = pool};
    for (uint64_t trial = 0; trial < kTrials; ++trial) {
      const auto found = discrepancies(random_rows(150, 3, 2 * trial, shift),
                                       random_rows(250, 3, 2 * trial + 1), kernels, work);
      for (size_t i = 0; i < kernels.size(); ++i) {
        values[i].push_back(found[i].value);
        errors[i] += (shift == 0 ? found[i].null_error : found[i].error) / kTrials;
      }
    }
    for (size_t i = 0; i < kernels.size(); ++i) {
      double mean = 0;
      double square = 0;
      for (const double each : values[i]) mean += each / kTrials;
      for (const double each : values[i]) square += (each - mean) * (each - mean) / (kTrials - 1);
      EXPECT_NEAR(std::sqrt(square) / errors[i], 1, 0.35) << kernels[i].name << ' ' << shift;
      if (shift == 0) {
        EXPECT_LT(std::abs(mean), 4 * errors[i] / 10) << kernels[i].name;
      }
    }
  }
}

TEST(KernelSums, BoundOnTheErrorOfDistancesHolds) {
  for (const int64_t columns : {3, 64, 504}) {
    const Rows rows = random_rows(300, columns, 5, 2);
    const Frame frame = common_frame(rows, rows);
    const Points<float> points(rows, frame.centre, frame.factor);
    Tile<float> tile;
    const float* products = tile.products(points, 0, 128, points, 0);
    double worst = 0;
    for (int64_t i = 0; i < 128; ++i) {
      for (int64_t j = 0; j < 256; ++j) {
        const double norms = points.norm(i) + points.norm(j);
        const double found = norms - 2 * static_cast<double>(products[i * kTileColumns + j]);
        const double error =
            std::abs(found - exact_distance(points.row(i), points.row(j), columns));
        worst = std::max(worst, error / (distance_error<float>(columns) * norms));
      }
    }
    EXPECT_LT(worst, 1) << columns;
    EXPECT_GT(worst, 1e-3) << columns;
  }
}

TEST(KernelSums, NeedTwoRows) {
  ThreadPool pool(1);
  Work work{.pool = pool};
  const std::vector<Kernel> kernels = kernels_for(2);
  try {
    discrepancies(random_rows(1, 2, 1), random_rows(9, 2, 2), kernels, work);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::empty_data);
  }
}

}  // namespace
}  // namespace castalia::referee
