// Two samples of one distribution give the null result of every metric, within its errors, over 20
// seeds; samples that are not right are caught.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "cpp/referee/samples_for_test.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

constexpr uint64_t kSeeds = 20;
constexpr int64_t kRows = 1000;
constexpr int64_t kColumns = 10;

struct Case {
  const char* metric;
  const char* options;
};

// What takes two samples of events, with settings for so few of them.
const Case kCases[] = {
    {"binned_divergence", ""},
    {"chi_square", ""},
    {"conditional", R"({"metric": "wasserstein", "slices": 4})"},
    {"energy_distance", ""},
    {"frechet_distance", ""},
    {"frechet_physics_distance",
     R"({"min_samples": 200, "max_samples": 1000, "batches": 10, "points": 5})"},
    {"kernel_physics_distance", R"({"batches": 10, "batch_size": 500})"},
    {"kolmogorov_smirnov", ""},
    {"manifold", ""},
    {"mmd", ""},
    {"neighbour_divergence", ""},
    {"optimal_transport", R"({"events": 60})"},
    {"separation_power", ""},
    {"sinkhorn", R"({"events": 60})"},
    {"sliced_wasserstein", R"({"directions": 32})"},
    {"wasserstein", ""},
};

// The deviations of figures over the seeds are those of a null law.
void expect_null(const std::map<std::string, std::vector<double>>& deviations) {
  for (const auto& [name, all] : deviations) {
    const Summary found = summarise(all);
    double largest = 0;
    for (const double each : all) largest = std::max(largest, std::abs(each));
    testing::Test::RecordProperty(
        name, text("mean ", found.mean, ", spread ", found.deviation, ", largest ", largest));
    // Standard deviations of these: about 0.22 for the mean, 0.16 for the spread; errors are from
    // few replicates or batches, and some are stated as upper bounds.
    EXPECT_LT(std::abs(found.mean), 1.1) << name << ": spread " << found.deviation;
    EXPECT_LT(found.deviation, 1.8) << name << ": mean " << found.mean;
    EXPECT_GT(found.deviation, 0.2) << name << ": errors are far too large";
    EXPECT_LT(largest, 6) << name;
  }
}

class NullLaw : public testing::TestWithParam<Case> {};

TEST_P(NullLaw, HoldsWithinErrorsOverSeeds) {
  std::map<std::string, std::vector<double>> deviations;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    // Halves of one sample, in which all events are independent.
    const Dataset generated = shower_sample(kRows, kColumns, 2 * seed + 100);
    const Dataset reference = shower_sample(kRows, kColumns, 2 * seed + 101);
    const Judgement judgement =
        judge_pair(GetParam().metric, generated, reference, GetParam().options, seed);
    for (const Figure& figure : judgement.figures) {
      deviations[figure.name].push_back(figure.deviation());
    }
  }
  expect_null(deviations);
}

INSTANTIATE_TEST_SUITE_P(Referee, NullLaw, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.metric; });

// Columns that are functions of few numbers, as observables are, and samples of unlike sizes.
TEST(Null, HoldsForDependentColumnsAndUnlikeSizes) {
  constexpr int64_t kHidden = 3, kObserved = 40;
  const auto observed = [&](int64_t rows, uint64_t seed) {
    const Dataset hidden = normal_sample(rows, kHidden, seed);
    Dataset out = empty_dataset(rows, kObserved);
    for (int64_t row = 0; row < rows; ++row) {
      const double* z = hidden.x.data() + row * kHidden;
      for (int64_t j = 0; j < kObserved; ++j) {
        const auto place = static_cast<double>(j);
        out.x.push_back(std::sin(place) * z[0] + std::cos(place) * z[1] +
                        0.2 * std::sin(2 * place) * z[2] * z[2]);
      }
    }
    return out;
  };
  for (const char* metric : {"neighbour_divergence", "frechet_distance", "mmd", "manifold"}) {
    std::map<std::string, std::vector<double>> deviations;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Judgement found =
          judge_pair(metric, observed(1000, 2 * seed), observed(250, 2 * seed + 1), "", seed);
      for (const Figure& figure : found.figures) {
        deviations[figure.name].push_back(figure.deviation());
      }
    }
    for (const auto& [name, all] : deviations) {
      const Summary found = summarise(all);
      EXPECT_LT(std::abs(found.mean), 1.1) << metric << " " << name;
      EXPECT_LT(found.deviation, 1.9) << metric << " " << name;
    }
  }
}

// Weights that undo a shift make two samples the same distribution, for metrics of single columns,
// of kernels and of neighbourhoods alike.
TEST(Null, HoldsForWeightsThatUndoAShift) {
  constexpr double kShift = 0.5;
  for (const char* metric :
       {"wasserstein", "chi_square", "mmd", "energy_distance", "frechet_distance", "manifold",
        "neighbour_divergence", "sliced_wasserstein"}) {
    std::map<std::string, std::vector<double>> deviations;
    for (uint64_t seed = 0; seed < 8; ++seed) {
      const Dataset reference = normal_sample(3000, 2, 100 + 2 * seed);
      Dataset shifted = normal_sample(3000, 2, 101 + 2 * seed, kShift);
      double largest = 0;
      const auto judge = [&](const auto& take) {
        const Judgement found = judge_pair(metric, shifted, reference, "", seed);
        for (const Figure& figure : found.figures) take(figure);
      };
      judge(
          [&](const Figure& figure) { largest = std::max(largest, std::abs(figure.deviation())); });
      EXPECT_GT(largest, 7) << metric << " without weights";
      for (int64_t row = 0; row < shifted.rows; ++row) {
        const double* x = shifted.x.data() + 2 * row;
        // The ratio of the two densities.
        shifted.weights.push_back(std::exp(-kShift * (x[0] + x[1]) + kShift * kShift));
      }
      judge([&](const Figure& figure) { deviations[figure.name].push_back(figure.deviation()); });
    }
    for (const auto& [name, all] : deviations) {
      const Summary found = summarise(all);
      EXPECT_LT(std::abs(found.mean), 1.3) << metric << " " << name << " with weights";
      EXPECT_LT(found.deviation, 2.5) << metric << " " << name << " with weights";
    }
  }
}

// The largest deviation of a metric's figures.
double verdict(const Case& each, const Dataset& generated, const Dataset& reference) {
  double largest = 0;
  const Judgement found = judge_pair(each.metric, generated, reference, each.options, 3);
  for (const Figure& figure : found.figures) {
    largest = std::max(largest, std::abs(figure.deviation()));
  }
  return largest;
}

int caught_by(const Dataset& generated, const Dataset& reference, double at_least,
              std::string& who) {
  int caught = 0;
  for (const Case& each : kCases) {
    const double found = verdict(each, generated, reference);
    if (found > at_least) ++caught;
    who += text(each.metric, " ", found, "; ");
  }
  return caught;
}

TEST(Caught, AnEnergyScaleThatIsOffByOnePercent) {
  // The sum of the cells, over the energy of the event, shows it at once; ten times more events.
  const auto ratio = [](const Dataset& showers) {
    Dataset out = empty_dataset(showers.rows, 1);
    for (int64_t row = 0; row < showers.rows; ++row) {
      double sum = 0;
      for (int64_t j = 0; j < showers.features; ++j) {
        sum += showers.x[static_cast<size_t>(row * showers.features + j)];
      }
      out.x.push_back(sum / showers.context[static_cast<size_t>(row)]);
    }
    return out;
  };
  const Dataset reference = ratio(shower_sample(10000, kColumns, 1));
  const Dataset same = ratio(shower_sample(10000, kColumns, 2));
  const Dataset scaled = ratio(shower_sample(10000, kColumns, 2, 1.01));
  for (const Case each : {Case{"wasserstein", ""}, Case{"kolmogorov_smirnov", ""},
                          Case{"energy_distance", R"({"events": 3000})"}, Case{"chi_square", ""},
                          Case{"separation_power", ""}}) {
    EXPECT_GT(verdict(each, scaled, reference), 5) << each.metric;
    EXPECT_LT(verdict(each, same, reference), 5) << each.metric;
  }
}

TEST(Caught, ShuffledCells) {
  // Every column by itself is right; only metrics that see columns together can tell.
  const Dataset reference = shower_sample(kRows, kColumns, 1);
  Dataset shuffled = shower_sample(kRows, kColumns, 2);
  std::mt19937_64 random(3);
  for (int64_t j = 0; j < kColumns; ++j) {
    for (int64_t row = kRows - 1; row > 0; --row) {
      const int64_t other = std::uniform_int_distribution<int64_t>(0, row)(random);
      std::swap(shuffled.x[static_cast<size_t>(row * kColumns + j)],
                shuffled.x[static_cast<size_t>(other * kColumns + j)]);
    }
  }
  for (const Case& each : kCases) {
    const std::string name = each.metric;
    const bool one_dimensional = find_metric(name).family == "one_dimensional";
    const double found = verdict(each, shuffled, reference);
    if (one_dimensional) {
      EXPECT_LT(found, 6) << name;
    } else if (name == "mmd" || name == "frechet_distance" || name == "manifold" ||
               name == "energy_distance" || name == "neighbour_divergence" ||
               name == "optimal_transport" || name == "kernel_physics_distance") {
      EXPECT_GT(found, 6) << name;
    }
  }
}

TEST(Caught, AMissingMode) {
  const Dataset reference = shower_sample(kRows, kColumns, 1);
  const Dataset without = shower_sample(kRows, kColumns, 2, 1, false);
  std::string who;
  EXPECT_GE(caught_by(without, reference, 6, who), 12) << who;
  // Recall and coverage are what should fall.
  const Judgement manifold = judge_pair("manifold", without, reference);
  EXPECT_LT(manifold.figure("coverage").deviation(), -6);
  EXPECT_LT(manifold.figure("recall").deviation(), -6);
}

TEST(Null, JetScoresHoldWithinErrorsOverSeeds) {
  std::map<std::string, std::vector<double>> deviations;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Judgement found =
        judge_pair("jet_scores", jet_sample(800, 8, 2 * seed + 100),
                   jet_sample(800, 8, 2 * seed + 101), R"({"events": 20, "batches": 20})", seed);
    for (const Figure& figure : found.figures) {
      deviations[figure.name].push_back(figure.deviation());
    }
  }
  EXPECT_EQ(deviations.size(), 5U);
  expect_null(deviations);
}

TEST(Caught, JetsThatAreTooWide) {
  const Judgement found = judge_pair("jet_scores", jet_sample(1000, 8, 1, 1.5),
                                     jet_sample(1000, 8, 2), R"({"events": 20, "batches": 20})");
  EXPECT_GT(found.figure("w1_m").deviation(), 6);
  EXPECT_GT(found.figure("w1_p").deviation(), 6);
  EXPECT_GT(found.figure("w1_efp").deviation(), 6);
}

TEST(Null, CalibrationOfTheTruePosteriorHolds) {
  std::vector<double> deviations;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Dataset truth = normal_sample(400, 1, seed + 1000);
    const Dataset samples = normal_sample(400 * 20, 1, seed + 2000);
    for (const Figure& figure : judge_pair("calibration", samples, truth, "", seed).figures) {
      deviations.push_back(figure.deviation());
      EXPECT_LT(std::abs(figure.deviation()), 5) << figure.name;
    }
  }
  EXPECT_LT(std::abs(summarise(deviations).mean), 0.5);
}

TEST(Null, TrueEventsAreWorthTheirNumber) {
  std::vector<double> worth;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Dataset generated = normal_sample(2000, 2, 3 * seed);
    const Dataset training = normal_sample(500, 2, 3 * seed + 1);
    const Dataset reference = normal_sample(50000, 2, 3 * seed + 2);
    ThreadPool pool(1);
    Work work{.pool = pool, .seed = seed};
    const Judgement found =
        judge(find_metric("amplification"), {&generated, &reference, &training}, "", work);
    EXPECT_LT(std::abs(found.figure("quantile_error").deviation()), 4);
    EXPECT_LT(std::abs(found.figure("training_quantile_error").deviation()), 4);
    worth.push_back(found.figure("amplification").value);
  }
  EXPECT_NEAR(quantile(worth, 0.5), 4, 1);
}

}  // namespace
}  // namespace castalia::referee
