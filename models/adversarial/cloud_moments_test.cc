// What clouds are as a whole: the moments against plain loops, clouds that are given some, and the
// flow that draws them.
#include "models/adversarial/cloud_moments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kPlaces = 4;
constexpr int64_t kFeatures = 3;
constexpr int64_t kColumns = (kFeatures + 1) * kPlaces;
// The sum of momenta, means of two coordinates, the deviations of all three.
constexpr int64_t kMoments = 6;

// Clouds of 2 to 4 particles whose place, width and momenta differ from cloud to cloud, and those
// of one particle and none where they are asked for.
std::vector<double> clouds(int64_t rows, int64_t least = 2) {
  std::vector<double> x;
  for (int64_t row = 0; row < rows; ++row) {
    double u[1];
    double n[3 + kFeatures * kPlaces];
    fill_uniform(Stream{5, static_cast<uint64_t>(row), 1, 0}, u);
    fill_normal(Stream{5, static_cast<uint64_t>(row), 2, 0}, n);
    const int64_t count = least + static_cast<int64_t>(u[0] * static_cast<double>(5 - least));
    for (int64_t i = 0; i < kPlaces; ++i) {
      const double* own = n + 3 + kFeatures * i;
      const double width = std::exp(-2 + 0.5 * n[0]);
      const std::vector<double> place =
          i < count ? std::vector{0.2 * n[1] + width * own[0], 1 + 2 * width * own[1],
                                  std::exp(-3 + 0.3 * n[2] + 0.5 * own[2]), 1.0}
                    : std::vector<double>(4);
      x.insert(x.end(), place.begin(), place.end());
    }
  }
  return x;
}

CloudMoments fitted(const std::vector<double>& x, std::vector<int64_t> positive = {2}) {
  CloudMoments moments(CloudRows(kPlaces, kFeatures, std::move(positive)), 1);
  moments.fit(x);
  return moments;
}

struct Split {
  std::vector<double> features, mask;
};
Split split(const std::vector<double>& x) {
  Split parts;
  for (size_t i = 0; i < x.size(); ++i) {
    (i % (kFeatures + 1) == kFeatures ? parts.mask : parts.features).push_back(x[i]);
  }
  return parts;
}

std::vector<double> moments_of(const CloudMoments& moments, const Split& clouds) {
  const int64_t rows = std::ssize(clouds.mask) / kPlaces;
  return evaluate_layer(
      {{"features", {rows, kPlaces, kFeatures}, clouds.features},
       {"mask", {rows, kPlaces, 1}, clouds.mask}},
      [&](Trace&, const std::vector<Value>& in) { return std::vector{moments.of(in[0], in[1])}; });
}

std::vector<double> with_moments(const CloudMoments& moments, const Split& clouds,
                                 const std::vector<double>& wanted) {
  const int64_t rows = std::ssize(clouds.mask) / kPlaces;
  return evaluate_layer({{"features", {rows, kPlaces, kFeatures}, clouds.features},
                         {"mask", {rows, kPlaces, 1}, clouds.mask},
                         {"moments", {rows, moments.count()}, wanted}},
                        [&](Trace&, const std::vector<Value>& in) {
                          return std::vector{moments.given(in[0], in[1], in[2])};
                        });
}

// Unscaled, with what is added to the variances.
std::vector<double> plain_moments(const double* cloud, const std::vector<double>& added) {
  double all = 0;
  double momentum = 0;
  for (int64_t i = 0; i < kPlaces; ++i) {
    const double* p = cloud + (kFeatures + 1) * i;
    all += p[3] * p[2];
    momentum += p[3] * p[2];
  }
  std::vector<double> found = {std::log(momentum), 0, 0, 0, 0, 0};
  double number = 0;
  double mean_logarithm = 0;
  double square = 0;
  for (int64_t i = 0; i < kPlaces; ++i) {
    const double* p = cloud + (kFeatures + 1) * i;
    if (p[3] == 0) continue;
    number += 1;
    mean_logarithm += std::log(p[2]);
    square += std::log(p[2]) * std::log(p[2]);
  }
  mean_logarithm /= number;
  found[3] = 0.5 * std::log(square / number - mean_logarithm * mean_logarithm + added[2]);
  for (size_t k = 0; k < 2; ++k) {
    double& mean = found[1 + k];
    double variance = added[k];
    for (int64_t i = 0; i < kPlaces; ++i) {
      const double* p = cloud + (kFeatures + 1) * i;
      mean += p[3] * p[2] / all * p[k];
    }
    for (int64_t i = 0; i < kPlaces; ++i) {
      const double* p = cloud + (kFeatures + 1) * i;
      variance += p[3] * p[2] / all * (p[k] - mean) * (p[k] - mean);
    }
    found[4 + k] = 0.5 * std::log(variance);
  }
  return found;
}

// A millionth, in units of the variance of all particles for what has no logarithm: a cloud of one
// particle has a deviation, too.
std::vector<double> added_variances(const Split& clouds) {
  std::vector<double> added;
  for (size_t k = 0; k < 2; ++k) {
    double number = 0;
    double mean = 0;
    double square = 0;
    for (size_t i = 0; i < clouds.mask.size(); ++i) {
      number += clouds.mask[i];
      mean += clouds.mask[i] * clouds.features[kFeatures * i + k];
    }
    mean /= number;
    for (size_t i = 0; i < clouds.mask.size(); ++i) {
      const double apart = clouds.features[kFeatures * i + k] - mean;
      square += clouds.mask[i] * apart * apart / number;
    }
    added.push_back(1e-6 * square);
  }
  added.push_back(1e-6);
  return added;
}

TEST(CloudMoments, AreSumsMeansAndDeviationsInTheScaleOfTheData) {
  constexpr int64_t kRows = 500;
  const std::vector<double> x = clouds(kRows);
  const std::vector<double> added = added_variances(split(x));
  const std::vector<double> found = moments_of(fitted(x), split(x));
  for (size_t k = 0; k < kMoments; ++k) {
    std::vector<double> plain;
    double mean = 0;
    double square = 0;
    for (int64_t row = 0; row < kRows; ++row) {
      plain.push_back(plain_moments(x.data() + row * kColumns, added)[k]);
      mean += plain.back() / kRows;
    }
    for (const double each : plain) square += (each - mean) * (each - mean) / kRows;
    for (size_t row = 0; row < kRows; ++row) {
      EXPECT_NEAR(found[kMoments * row + k], (plain[row] - mean) / std::sqrt(square), 1e-9)
          << k << " " << row;
    }
  }
}

TEST(CloudMoments, CloudsHaveThoseThatTheyAreGiven) {
  constexpr int64_t kRows = 200;
  for (const std::vector<int64_t>& positive : {std::vector<int64_t>{2}, {}, {0, 1, 2}}) {
    std::vector<double> all = clouds(1000);
    if (positive.size() == 3) {
      for (double& each : all) each = std::fabs(each);
    }
    // A range that none of these clouds leaves.
    for (const double sign : {-1.0, 1.0}) {
      for (int64_t i = 0; i < kColumns; ++i) {
        const bool cut = std::ranges::count(positive, i % (kFeatures + 1)) > 0;
        const bool is_mask = i % (kFeatures + 1) == kFeatures;
        all.push_back(is_mask ? 1 : sign < 0 && cut ? 1e-9 : 30 * sign);
      }
    }
    const CloudMoments moments = fitted(all, positive);
    const std::vector<double> x(all.begin(), all.begin() + kRows * kColumns);
    const std::vector<double> others(all.begin() + kRows * kColumns,
                                     all.begin() + 2 * kRows * kColumns);
    const Split from = split(x);
    const std::vector<double> wanted = moments_of(moments, split(others));
    const std::vector<double> made = with_moments(moments, from, wanted);
    EXPECT_NE(made, from.features);
    const std::vector<double> found = moments_of(moments, {made, from.mask});
    ASSERT_EQ(found.size(), wanted.size());
    // Some are of particles that all but coincide, which are not blown up.
    size_t others_found = 0;
    for (size_t i = 0; i < found.size(); ++i)
      others_found += std::fabs(found[i] - wanted[i]) > 1e-9;
    EXPECT_LT(others_found, found.size() / 50);
    // Clouds that are given their own moments stay.
    const std::vector<double> same = with_moments(moments, from, moments_of(moments, from));
    for (size_t i = 0; i < same.size(); ++i) {
      if (from.mask[i / kFeatures] != 0) {
        EXPECT_NEAR(same[i], from.features[i], 1e-9) << i;
      }
    }
  }
}

TEST(CloudMoments, FeaturesStayWithinTheRangeOfTheData) {
  const std::vector<double> x = clouds(300);
  const CloudMoments moments = fitted(x);
  Split from = split(x);
  std::vector<double> wanted(from.mask.size() / kPlaces * kMoments, 3.0);
  for (double& each : from.features) each *= -100;  // momenta, too
  const std::vector<double> made = with_moments(moments, from, wanted);
  const Split truth = split(x);
  for (size_t k = 0; k < kFeatures; ++k) {
    double least = std::numeric_limits<double>::infinity();
    double greatest = -least;
    for (size_t i = k; i < made.size(); i += kFeatures) {
      if (truth.mask[i / kFeatures] == 0) continue;
      least = std::min(least, truth.features[i]);
      greatest = std::max(greatest, truth.features[i]);
    }
    for (size_t i = k; i < made.size(); i += kFeatures) {
      EXPECT_GE(made[i], least);
      EXPECT_LE(made[i], greatest);
    }
  }
}

// In any units.
TEST(CloudMoments, AreFiniteForCloudsOfOneParticleAndOfNone) {
  for (const double unit : {1.0, 1e-30, 1e6, 1e30}) {
    std::vector<double> x = clouds(300, 0);
    for (size_t i = 0; i < x.size(); ++i) {
      if (i % (kFeatures + 1) != kFeatures) x[i] *= unit;
    }
    const CloudMoments moments = fitted(x);
    const Split from = split(x);
    const std::vector<double> own = moments_of(moments, from);
    const std::vector<double> made = with_moments(moments, from, own);
    for (const double each : own) EXPECT_TRUE(std::isfinite(each)) << unit;
    for (size_t i = 0; i < made.size(); ++i) {
      ASSERT_TRUE(std::isfinite(made[i])) << unit;
      if (from.mask[i / kFeatures] != 0) {
        EXPECT_NEAR(made[i] / unit, from.features[i] / unit, 1e-6);
      }
    }
  }
}

TEST(CloudMoments, AreWhatTheyWereWhenTheyAreStored) {
  const std::vector<double> x = clouds(300);
  const CloudMoments moments = fitted(x);
  CloudMoments other(CloudRows(kPlaces, kFeatures, {2}), 1);
  EXPECT_FALSE(other.fitted());
  other.set_json(moments.json());
  EXPECT_TRUE(other.fitted());
  EXPECT_EQ(moments_of(other, split(x)), moments_of(moments, split(x)));
  EXPECT_EQ(other.json(), moments.json());
  std::string broken = moments.json();
  broken.insert(broken.find("\"greatest\":[") + 12, "3,");
  try {
    other.set_json(broken);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::corrupt_file);
    EXPECT_NE(std::string(error.what()).find("no 6 numbers 'greatest'"), std::string::npos)
        << error.what();
  }
}

// Drawn clouds have the moments of the data, which differ much from cloud to cloud, for each number
// of particles: in quantiles, after less training than the particles would need.
TEST(CloudMoments, AreLearned) {
  constexpr int64_t kRows = 4000;
  auto data = std::make_shared<Dataset>();
  data->rows = kRows;
  data->features = kColumns;
  data->x = clouds(kRows);
  const std::vector<double> added(3, 1e-6);
  for (const char* name : {"epic_gan", "mpgan"}) {
    const std::string small = name == std::string("mpgan")
                                  ? R"("edge_layers": [8], "node_layers": [8], "bounded": false)"
                                  : R"("hidden": 8, "generator_layers": 1, "critic_layers": 1)";
    const std::shared_ptr<Model> model =
        Model::create(name, text(R"({"particles": 4, "cloud_moments": true, )", small, "}"));
    model->fit_preprocessing(data->x, {});
    const TrainingOptions options(R"({"steps": 600, "batch": 128, "learning_rate": 2e-3,
        "ema": 0.99, "regularisers": ["r1"], "validate_every": 600})");
    const std::unique_ptr<Trainer> trainer = make_trainer(*model, data, options, 1);
    trainer->advance(600);
    adopt(*model, *trainer);
    std::vector<double> made(static_cast<size_t>(kRows * kColumns));
    model->sample(7, 0, {}, made);
    for (size_t k = 0; k < kMoments; ++k) {
      const auto sorted = [&](const std::vector<double>& x) {
        std::vector<double> values;
        for (int64_t row = 0; row < kRows; ++row) {
          values.push_back(plain_moments(x.data() + row * kColumns, added)[k]);
        }
        std::ranges::sort(values);
        return values;
      };
      const std::vector<double> truth = sorted(data->x);
      const std::vector<double> found = sorted(made);
      const double spread = truth[kRows * 84 / 100] - truth[kRows * 16 / 100];
      for (const int64_t percent : {5, 16, 50, 84, 95}) {
        const auto at = static_cast<size_t>(kRows * percent / 100);
        EXPECT_NEAR(found[at], truth[at], 0.15 * spread) << name << " " << k << " " << percent;
      }
      // What no cloud has is not drawn.
      EXPECT_GE(found.front(), truth.front() - 0.01 * spread);
      EXPECT_LE(found.back(), truth.back() + 0.01 * spread);
    }
  }
}

}  // namespace
}  // namespace castalia
