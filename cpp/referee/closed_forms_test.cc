// Every metric where its value is known: shifts and widths of normal samples, laws of invariance,
// small samples by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/referee/columns.h"
#include "cpp/referee/frechet.h"
#include "cpp/referee/samples_for_test.h"

namespace castalia::referee {
namespace {

Dataset column_of(std::vector<double> values) {
  Dataset out = empty_dataset(static_cast<int64_t>(values.size()), 1);
  out.x = std::move(values);
  return out;
}

const std::vector<double>& detail(const Judgement& judgement, const std::string& name) {
  for (const Detail& each : judgement.details) {
    if (each.name == name) return std::get<std::vector<double>>(each.value);
  }
  fail(Code::not_found, "no detail ", name);
}

// Distance from the truth in the metric's own errors.
void expect_value(const Judgement& judgement, const std::string& name, double truth,
                  double bias = 0) {
  const Figure& figure = judgement.figure(name);
  EXPECT_NEAR(figure.value, truth, 4 * figure.error + bias) << name;
  EXPECT_LT(figure.error, 0.2 * truth) << name << ": the error says nothing";
}

constexpr double kShift = 0.5;

class Shifted : public testing::Test {
 protected:
  static constexpr int64_t kColumns = 3;
  static const Dataset& generated() {
    static const Dataset data = normal_sample(4000, kColumns, 11, kShift);
    return data;
  }
  static const Dataset& reference() {
    static const Dataset data = normal_sample(4000, kColumns, 12);
    return data;
  }
};

constexpr const char* kPlain = R"({"scaling": "none"})";

TEST_F(Shifted, Wasserstein) {
  expect_value(judge_pair("wasserstein", generated(), reference(), kPlain), "mean_distance",
               kShift);
}

TEST_F(Shifted, SlicedWasserstein) {
  // The mean of |cosine| in three dimensions is 1 / 2; the largest is 1.
  const Judgement found = judge_pair("sliced_wasserstein", generated(), reference(),
                                     R"({"scaling": "none", "directions": 1000})");
  const double length = kShift * std::sqrt(3.0);
  expect_value(found, "mean_distance", length / 2, 0.02 * length);
  expect_value(found, "largest_distance", length, 0.01 * length);
}

TEST_F(Shifted, KolmogorovSmirnov) {
  expect_value(judge_pair("kolmogorov_smirnov", generated(), reference()), "mean_distance",
               std::erf(kShift / 2 / std::sqrt(2.0)), 0.01);
}

TEST_F(Shifted, Divergences) {
  const double per_column = kShift * kShift / 2;
  const Judgement binned =
      judge_pair("binned_divergence", generated(), reference(), R"({"bins": 50})");
  expect_value(binned, "kullback_leibler", per_column, 0.03 * per_column + 50.0 / 4000);
  const Judgement neighbours = judge_pair("neighbour_divergence", generated(), reference());
  expect_value(neighbours, "kullback_leibler", 3 * per_column, 0.05);
  expect_value(neighbours, "kullback_leibler_reverse", 3 * per_column, 0.05);
}

TEST_F(Shifted, FrechetDistances) {
  expect_value(judge_pair("frechet_distance", generated(), reference(), kPlain), "frechet_distance",
               3 * kShift * kShift, 0.002);
  const Judgement found =
      judge_pair("frechet_physics_distance", generated(), reference(),
                 R"({"scaling": "none", "min_samples": 1000, "max_samples": 4000})");
  EXPECT_NEAR(found.figures.front().value, 3 * kShift * kShift, 0.1);
}

TEST_F(Shifted, GaussianKernel) {
  // Of N(a, 1) and N(b, 1) in d dimensions:
  // E k = (s^2 / (s^2 + 2))^(d / 2) exp(-(a - b)^2 / (2 (s^2 + 2))).
  const Judgement found = judge_pair("mmd", generated(), reference(),
                                     R"({"kernels": ["gaussian"], "scaling": "none"})");
  double median = 0;
  for (const Detail& each : found.details) {
    if (each.name == "median_distance") median = std::get<double>(each.value);
  }
  for (const double factor : {0.5, 1.0, 2.0}) {
    const double square = factor * factor * median * median;
    const double height = std::pow(square / (square + 2), 1.5);
    const double apart = std::exp(-3 * kShift * kShift / (2 * (square + 2)));
    expect_value(found, text("gaussian_", factor), 2 * height * (1 - apart));
  }
}

TEST_F(Shifted, FarShiftsAreDisjoint) {
  const Dataset far = normal_sample(500, 3, 13, 50);
  const Dataset near = normal_sample(500, 3, 14);
  EXPECT_NEAR(judge_pair("separation_power", far, near, R"({"edges": [25]})").figures.front().value,
              1, 1e-12);
  EXPECT_NEAR(judge_pair("binned_divergence", far, near, R"({"edges": [4, 25, 26]})")
                  .figure("jensen_shannon")
                  .value,
              std::log(2.0), 1e-12);
  const Judgement manifold = judge_pair("manifold", far, near);
  for (const Figure& each : manifold.figures) EXPECT_EQ(each.value, 0) << each.name;
  EXPECT_NEAR(judge_pair("neighbour_divergence", far, near).figure("jensen_shannon").value,
              std::log(2.0), 0.01);
  EXPECT_NEAR(judge_pair("optimal_transport", far, near,
                         R"({"scaling": "none", "events": 200, "batches": 1})")
                  .figures.front()
                  .value,
              50 * std::sqrt(3.0), 1);
  EXPECT_NEAR(judge_pair("kolmogorov_smirnov", far, near).figures.front().value, 1, 1e-12);
}

TEST(FrechetDistance, OfDiagonalGaussians) {
  // (s - 1)^2 for each column of deviation s.
  const Dataset wide = normal_sample(20000, 4, 1, 0, 1.5);
  const Dataset narrow = normal_sample(20000, 4, 2);
  const Judgement found = judge_pair("frechet_distance", wide, narrow, kPlain);
  expect_value(found, "frechet_distance", 4 * 0.25);
}

TEST(FrechetDistance, TakesSingularCovariances) {
  Moments a{2, {0, 0}, {1, 1, 1, 1}};
  Moments b{2, {3, 4}, {4, 4, 4, 4}};
  // Along (1, 1) the variances are 2 and 8: (sqrt(8) - sqrt(2))^2 = 2.
  EXPECT_NEAR(frechet_distance(a, b), 25 + 2, 1e-9);
  EXPECT_NEAR(frechet_distance(a, a), 0, 1e-9);
  Moments zero{2, {0, 0}, {0, 0, 0, 0}};
  EXPECT_NEAR(frechet_distance(zero, b), 25 + 8, 1e-9);
  EXPECT_NEAR(frechet_distance(b, zero), 25 + 8, 1e-9);
}

TEST(Columns, SortLikeTheLibrary) {
  const Dataset x = shower_sample(1000, 1, 1);
  Dataset y = normal_sample(777, 1, 2);
  y.x[3] = -0.0;
  y.x[4] = 1e300;
  y.x[5] = -1e-310;
  ColumnSorter sorter;
  PooledColumn pooled;
  sorter.sort(x.x, y.x, pooled);
  std::vector<double> all(x.x);
  all.insert(all.end(), y.x.begin(), y.x.end());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[pooled.event[i]], pooled.value[i]);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(pooled.value, all);
}

TEST(Columns, QuantileBinsShareOutTheReference) {
  // Values of both signs and of all magnitudes, -0 and 0 among them.
  const auto spread = [](uint64_t seed) {
    Dataset out = normal_sample(1003, 1, seed);
    for (double& each : out.x) each = each * each * each * std::exp(5 * each);
    for (size_t i = 0; i < 10; ++i) out.x[i] = i % 2 == 0 ? 0.0 : -0.0;
    return out;
  };
  const Dataset x = spread(1);
  const Dataset y = spread(2);
  std::vector<double> sorted(y.x);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  for (size_t bin = 1; bin < 20; ++bin) edges.push_back(sorted[bin * sorted.size() / 20]);
  double expected = 0;
  for (size_t bin = 0; bin < 20; ++bin) {
    const auto share = [&](const Dataset& data) {
      return static_cast<double>(std::count_if(data.x.begin(), data.x.end(),
                                               [&](double value) {
                                                 return (bin == 0 || value >= edges[bin - 1]) &&
                                                        (bin == 19 || value < edges[bin]);
                                               })) /
             static_cast<double>(data.rows);
    };
    const double p = share(x);
    const double q = share(y);
    expected += (p - q) * (p - q) / (p + q) / 2;
  }
  EXPECT_NEAR(judge_pair("separation_power", x, y).figures.front().value, expected, 1e-12);
}

TEST(Columns, DistancesOfSmallSamplesByHand) {
  const Dataset x = column_of({0, 0, 1, 4});
  const Dataset y = column_of({0, 2, 2, 2});
  // F - G is 1/4 on [0, 1), 1/2 on [1, 2), -1/4 on [2, 4).
  EXPECT_DOUBLE_EQ(judge_pair("wasserstein", x, y, kPlain).figures.front().value, 0.25 + 0.5 + 0.5);
  EXPECT_DOUBLE_EQ(judge_pair("kolmogorov_smirnov", x, y).figures.front().value, 0.5);
  // Scaling by the reference's deviation, sqrt(3) / 2.
  EXPECT_NEAR(judge_pair("wasserstein", x, y).figures.front().value, 1.25 * 2 / std::sqrt(3.0),
              1e-12);
}

TEST(Columns, RepeatedEventsAreWeights) {
  Dataset weighted = normal_sample(200, 2, 1, 0.3);
  weighted.weights.assign(200, 1.0);
  Dataset repeated = weighted;
  repeated.weights.clear();
  for (int64_t row = 0; row < 50; ++row) {
    weighted.weights[static_cast<size_t>(row)] = 3;
    for (int copy = 0; copy < 2; ++copy) {
      for (int j = 0; j < 2; ++j)
        repeated.x.push_back(weighted.x[static_cast<size_t>(2 * row + j)]);
      ++repeated.rows;
    }
  }
  const Dataset reference = normal_sample(300, 2, 2);
  for (const char* metric : {"wasserstein", "kolmogorov_smirnov", "sliced_wasserstein",
                             "separation_power", "binned_divergence"}) {
    EXPECT_NEAR(judge_pair(metric, weighted, reference).figures.front().value,
                judge_pair(metric, repeated, reference).figures.front().value, 1e-12)
        << metric;
  }
  // Reweighted events have larger errors than as many different ones.
  EXPECT_GT(judge_pair("wasserstein", weighted, reference).figures.front().null_error,
            judge_pair("wasserstein", repeated, reference).figures.front().null_error);
}

TEST(Binned, ValuesThatFillBinsHaveBinsOfTheirOwn) {
  // 60 % zeros, as in a calorimeter: the share of zeros alone differs.
  Dataset x = empty_dataset(1000, 1);
  Dataset y = empty_dataset(1000, 1);
  for (int i = 0; i < 1000; ++i) {
    x.x.push_back(i < 500 ? 0.0 : 1 + (i - 500) / 500.0);
    y.x.push_back(i < 600 ? 0.0 : 1 + (i - 600) / 400.0);
  }
  const Judgement found = judge_pair("chi_square", x, y, R"({"bins": 10})");
  EXPECT_EQ(detail(found, "degrees_of_freedom").front(), 4);  // zeros, and four bins above
  EXPECT_LT(detail(found, "p_value").front(), 1e-3);
  // A constant column agrees with itself.
  const Dataset constant = column_of(std::vector<double>(100, 3.5));
  EXPECT_EQ(judge_pair("chi_square", constant, constant).figures.front().value, 1);
  EXPECT_EQ(judge_pair("separation_power", constant, constant).figures.front().value, 0);
}

TEST(Binned, BinsWithoutReferenceEventsCount) {
  const Dataset x = column_of({0, 1, 2, 3, 4, 5, 6, 7});
  const Dataset y = column_of({0.1, 0.2, 0.3, 0.4, 5.1, 5.2, 5.3, 5.4});
  const Judgement found = judge_pair("binned_divergence", x, y, R"({"edges": [1, 2]})");
  // Shares 1, 1, 6 of 8 against 4, half an event, 4.
  EXPECT_NEAR(found.figure("kullback_leibler").value,
              0.125 * std::log(0.25) + 0.125 * std::log(2.0) + 0.75 * std::log(1.5), 1e-12);
  EXPECT_EQ(
      detail(judge_pair("chi_square", x, y, R"({"edges": [1, 2, 100]})"), "degrees_of_freedom")
          .front(),
      2);
  try {
    judge_pair("chi_square", x, y, R"({"edges": [2, 1]})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::out_of_range);
  }
}

TEST(Distances, DoNotDependOnOrderOriginOrDirection) {
  const Dataset x = shower_sample(400, 6, 1);
  const Dataset y = shower_sample(400, 6, 2, 1.1);
  Dataset moved_x = x;
  Dataset moved_y = y;
  for (Dataset* data : {&moved_x, &moved_y}) {
    for (int64_t row = 0; row < data->rows; ++row) {
      double* at = data->x.data() + row * 6;
      for (int j = 0; j < 6; ++j) at[j] += 100;
      std::reverse(at, at + 6);  // a rotation
    }
  }
  for (const char* metric : {"mmd", "energy_distance", "manifold", "neighbour_divergence",
                             "frechet_distance", "optimal_transport", "wasserstein"}) {
    const char* options = std::string(metric) == "optimal_transport" ? R"({"events": 50})" : "";
    const double plain = judge_pair(metric, x, y, options).figures.front().value;
    EXPECT_NEAR(judge_pair(metric, moved_x, moved_y, options).figures.front().value, plain,
                1e-6 * std::abs(plain) + 1e-9)
        << metric;
  }
}

// Two particles with momenta p and q at a distance, in the JetNet layout; a third slot is empty.
Dataset jets_of(std::vector<std::vector<double>> particles, int64_t copies) {
  Dataset out = empty_dataset(copies, static_cast<int64_t>(4 * particles.size()));
  for (int64_t row = 0; row < copies; ++row) {
    for (const auto& each : particles) out.x.insert(out.x.end(), each.begin(), each.end());
  }
  return out;
}

TEST(EnergyMoversDistance, OfJetsByHand) {
  const Dataset one = jets_of({{0, 0, 1, 1}, {0.4, 0, 1, 1}, {9, 9, 9, 0}}, 8);
  const Dataset other = jets_of({{0, 0, 1.5, 1}, {0.4, 0, 0.8, 1}, {0, 0, 0, 1}}, 8);
  // 0.5 excess at the first and 0.2 short at the second: move 0.2 by 0.4 / 0.8, create 0.3.
  const char* options = R"({"events": 4, "batches": 2})";
  const Judgement found = judge_pair("energy_movers_distance", one, other, options);
  EXPECT_NEAR(found.figure("mean_distance").value, 0.2 * 0.5 + 0.3, 1e-12);
  EXPECT_NEAR(found.figure("mean_distance").null_value, 0, 1e-12);
  EXPECT_NEAR(
      judge_pair("energy_movers_distance", other, one, options).figure("mean_distance").value, 0.4,
      1e-12);
  // Across the end of the azimuth the way is short.
  const Dataset low = jets_of({{0, -3.1, 1, 1}}, 8);
  const Dataset high = jets_of({{0, 3.1, 1, 1}}, 8);
  EXPECT_NEAR(
      judge_pair("energy_movers_distance", low, high, options).figure("mean_distance").value,
      (2 * M_PI - 6.2) / 0.8, 1e-12);
  const Dataset empty = jets_of({{0, 0, 0, 0}}, 8);
  EXPECT_NEAR(
      judge_pair("energy_movers_distance", empty, high, options).figure("mean_distance").value, 1,
      1e-12);
  EXPECT_THROW(judge_pair("energy_movers_distance", empty, high,
                          R"({"events": 4, "batches": 2, "normalise": true})"),
               Error);
}

TEST(Conditional, FindsWhatIsWrongInOneSliceOnly) {
  const Dataset reference = shower_sample(4000, 4, 1);
  Dataset generated = shower_sample(4000, 4, 2);
  for (int64_t row = 0; row < 4000; ++row) {
    if (generated.context[static_cast<size_t>(row)] < 14) continue;  // 10 to 15
    for (int j = 0; j < 4; ++j) generated.x[static_cast<size_t>(row * 4 + j)] *= 1.2;
  }
  const Judgement found = judge_pair("conditional", generated, reference, R"({"slices": 5})");
  const auto& values = detail(found, "mean_distance");
  const auto& nulls = detail(found, "mean_distance_null_value");
  const auto& errors = detail(found, "mean_distance_null_error");
  ASSERT_EQ(values.size(), 5U);
  for (size_t slice = 0; slice < 5; ++slice) {
    const double deviation = (values[slice] - nulls[slice]) / errors[slice];
    EXPECT_EQ(deviation > 6, slice == 4) << slice << ' ' << deviation;
  }
  Dataset without = generated;
  without.context_features = 0;
  without.context.clear();
  EXPECT_THROW(judge_pair("conditional", without, reference), Error);
  EXPECT_THROW(judge_pair("conditional", generated, reference, R"({"metric": "conditional"})"),
               Error);
  try {
    judge_pair("conditional", generated, reference, R"({"metric": "mmd", "slices": 4000})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::empty_data);
    EXPECT_NE(std::string(error.what()).find("slice 0"), std::string::npos) << error.what();
  }
}

TEST(Calibration, SeesPosteriorsThatAreTooNarrow) {
  const Dataset truth = normal_sample(1000, 1, 1);
  const Dataset narrow = normal_sample(1000 * 50, 1, 2, 0, 0.7);
  const Judgement found = judge_pair("calibration", narrow, truth);
  EXPECT_GT(found.figure("distance_to_uniform").deviation(), 3);
  // The central 68 % of the narrow posterior holds erf(0.7 / sqrt(2)) of the truths.
  EXPECT_NEAR(found.figure("coverage_0.6827").value, std::erf(0.7 / std::sqrt(2.0)), 0.05);
  EXPECT_THROW(judge_pair("calibration", normal_sample(1001, 1, 2), truth), Error);
}

TEST(BitsPerDimension, OfAKnownDensity) {
  // Events of N(0, 1)^2 under their own density: the entropy, log(2 pi e) nats.
  const auto densities = [](const Dataset& events) {
    Dataset out = empty_dataset(events.rows, 1);
    for (int64_t row = 0; row < events.rows; ++row) {
      const double x = events.x[static_cast<size_t>(2 * row)];
      const double y = events.x[static_cast<size_t>(2 * row + 1)];
      out.x.push_back(-std::log(2 * M_PI) - (x * x + y * y) / 2);
    }
    return out;
  };
  const Dataset reference = densities(normal_sample(20000, 2, 1));
  const Dataset generated = densities(normal_sample(20000, 2, 2));
  const Judgement found =
      judge_pair("bits_per_dimension", generated, reference, R"({"dimensions": 2})");
  const double nats = std::log(2 * M_PI) + 1;
  expect_value(found, "negative_log_likelihood", nats);
  expect_value(found, "bits_per_dimension", nats / 2 / std::log(2.0));
  EXPECT_LT(std::abs(found.figures.front().deviation()), 4);
  EXPECT_THROW(judge_pair("bits_per_dimension", generated, reference), Error);
}

TEST(Amplification, SeesAGeneratorThatKnowsTheShape) {
  // Fitted with the right shape to 200 events: mean and width alone are learned.
  const Dataset training = normal_sample(200, 1, 1);
  double mean = 0;
  double square = 0;
  for (const double x : training.x) mean += x / 200;
  for (const double x : training.x) square += (x - mean) * (x - mean) / 199;
  const Dataset generated = normal_sample(100000, 1, 2, mean, std::sqrt(square));
  const Dataset reference = normal_sample(200000, 1, 3);
  ThreadPool pool(1);
  Work work{.pool = pool};
  const Judgement found =
      judge(find_metric("amplification"), {&generated, &reference, &training}, "", work);
  EXPECT_GT(found.figure("amplification").value, 1.5);
  EXPECT_LT(found.figure("amplification").value, found.figure("amplification").null_value / 5);
  const auto& errors = detail(found, "quantile_errors");
  EXPECT_GT(errors.front(), 5 * errors.back());  // falls, to a plateau
  EXPECT_NEAR(errors[errors.size() - 2] / errors.back(), 1, 0.4);
  EXPECT_THROW(judge_pair("amplification", generated, reference), Error);
}

// The spread for equal samples is known from either sample alone, however far apart they are.
TEST(Mmd, JudgesSamplesThatAreFarApart) {
  const Dataset reference = normal_sample(400, 3, 1), far = normal_sample(500, 3, 2, 40);
  for (const Figure& figure : judge_pair("mmd", far, reference).figures) {
    EXPECT_GT(figure.null_error, 0) << figure.name;
    EXPECT_GT(figure.deviation(), 20) << figure.name;
  }
}

TEST(JetScores, WeighAllParticlesOfAJet) {
  // One particle of pt 0.2 at eta 0.1 or 0.3 each; the second jet has both.
  const auto jets = [](std::vector<double> weights) {
    Dataset out = empty_dataset(2, 8);
    out.x = {0.1, 0, 0.2, 1, 0, 0, 0, 0, 0.1, 0, 0.2, 1, 0.3, 0, 0.2, 1};
    out.weights = std::move(weights);
    return out;
  };
  Dataset reference = empty_dataset(4, 8);
  for (int i = 0; i < 4; ++i) {
    reference.x.insert(reference.x.end(), {0.1, 0, 0.2, 1, 0, 0, 0, 0});
  }
  const auto score = [&](std::vector<double> weights) {
    return judge_pair("jet_scores", jets(std::move(weights)), reference, R"({"events": 2})")
        .figure("w1_p")
        .value;
  };
  // A third of the particles is 0.2 away in eta, and two fifths with the second jet counting twice.
  EXPECT_NEAR(score({}), 0.2 / 3 / 3, 1e-12);
  EXPECT_NEAR(score({1, 2}), 0.2 * 2 / 5 / 3, 1e-12);
  EXPECT_NEAR(score({1, 0}), 0, 1e-12);
}

TEST(JetScores, SayWhichSampleAndJetIsWrong) {
  Dataset bad = jet_sample(10, 3, 1);
  bad.x[4 * 12 + 2] = -0.5;
  bad.x[4 * 12 + 3] = 1;
  const auto refusal = [](const Dataset& generated) {
    try {
      judge_pair("jet_scores", generated, jet_sample(10, 3, 2), R"({"events": 2})");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const char* words : {"generated", "row 4", "column 2", "negative"}) {
    EXPECT_NE(refusal(bad).find(words), std::string::npos) << refusal(bad);
  }
  Dataset empty = empty_dataset(10, 12);
  empty.x.assign(120, 0);
  EXPECT_NE(refusal(empty).find("no jet has a particle"), std::string::npos) << refusal(empty);
}

}  // namespace
}  // namespace castalia::referee
