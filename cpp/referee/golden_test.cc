// Our figures against those of SciPy, scikit-learn, POT and jetnet on Geant4 showers and Pythia
// jets (tests/golden/referee/make_referee.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/referee/entropic.h"
#include "cpp/referee/jet_transport.h"
#include "cpp/referee/samples_for_test.h"
#include "cpp/referee/transport.h"
#include "cpp/referee/transport_batches.h"

namespace castalia::referee {
namespace {

using Json = nlohmann::json;

Json read(const std::string& name) {
  std::ifstream in("tests/golden/referee/" + name);
  if (!in) fail(Code::io_error, "no ", name);
  return Json::parse(in);
}

const Json& golden() {
  static const Json json = read("golden.json");
  return json;
}

Dataset dataset(const std::string& name) {
  static const Json samples = read("samples.json");
  const Json& rows = samples.at(name);
  Dataset out =
      empty_dataset(static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size()));
  for (const auto& row : rows) {
    for (const auto& value : row) out.x.push_back(value);
  }
  const std::string weights = name + "_weights";
  if (samples.contains(weights)) out.weights = samples[weights].get<std::vector<double>>();
  return out;
}

Dataset unweighted(const std::string& name) {
  Dataset out = dataset(name);
  out.weights.clear();
  return out;
}

Dataset column(const Dataset& data, int64_t number) {
  Dataset out = empty_dataset(data.rows, 1);
  for (int64_t row = 0; row < data.rows; ++row) {
    out.x.push_back(data.x[static_cast<size_t>(row * data.features + number)]);
  }
  return out;
}

const std::vector<double>& numbers(const Judgement& judgement, const std::string& name) {
  for (const Detail& each : judgement.details) {
    if (each.name == name) return std::get<std::vector<double>>(each.value);
  }
  fail(Code::not_found, "no detail ", name);
}

double number(const Judgement& judgement, const std::string& name) {
  for (const Detail& each : judgement.details) {
    if (each.name == name) return std::get<double>(each.value);
  }
  fail(Code::not_found, "no detail ", name);
}

void expect_equal(const std::vector<double>& ours, const Json& theirs, double tolerance) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NEAR(ours[i], theirs[i].get<double>(), tolerance) << i;
  }
}

TEST(Golden, KolmogorovSmirnovIsSciPys) {
  const Judgement found =
      judge_pair("kolmogorov_smirnov", unweighted("generated"), unweighted("reference"));
  expect_equal(numbers(found, "distance"), golden()["kolmogorov_smirnov"], 1e-12);
  // SciPy takes the exact law for n m / (n + m) = 200 events, we Stephens' correction.
  expect_equal(numbers(found, "p_value"), golden()["kolmogorov_p"], 1e-2);
}

TEST(Golden, WassersteinIsSciPys) {
  const char* plain = R"({"scaling": "none"})";
  expect_equal(
      numbers(judge_pair("wasserstein", unweighted("generated"), unweighted("reference"), plain),
              "distance"),
      golden()["wasserstein"], 1e-12);
  expect_equal(numbers(judge_pair("wasserstein", dataset("generated"), dataset("reference"), plain),
                       "distance"),
               golden()["weighted_wasserstein"], 1e-12);
}

TEST(Golden, HistogramsAreSciPys) {
  for (const int64_t number : {3, 11}) {
    const Json& expected = golden()[text("binned_", number)];
    const Dataset x = column(unweighted("generated"), number);
    const Dataset y = column(unweighted("reference"), number);
    const std::string options = Json{{"edges", expected["edges"]}}.dump();
    const Judgement chi_square = judge_pair("chi_square", x, y, options.c_str());
    EXPECT_NEAR(chi_square.figures.front().value, expected["chi_square"].get<double>(), 1e-10);
    EXPECT_NEAR(numbers(chi_square, "p_value").front(), expected["p_value"].get<double>(), 1e-10);
    const Judgement divergence = judge_pair("binned_divergence", x, y, options.c_str());
    for (const char* name : {"jensen_shannon", "kullback_leibler"}) {
      EXPECT_NEAR(divergence.figure(name).value, expected[name].get<double>(), 1e-12) << name;
    }
    EXPECT_NEAR(judge_pair("separation_power", x, y, options.c_str()).figures.front().value,
                expected["separation_power"].get<double>(), 1e-12);
  }
}

TEST(Golden, EnergyDistanceIsSciPys) {
  size_t i = 0;
  for (const int64_t number_of_column : {3, 11}) {
    const Judgement found =
        judge_pair("energy_distance", column(unweighted("generated"), number_of_column),
                   column(unweighted("reference"), number_of_column), R"({"scaling": "none"})");
    EXPECT_NEAR(number(found, "root_of_biased"), golden()["energy_distance"][i++].get<double>(),
                1e-10);
  }
}

TEST(Golden, MmdIsThatOfScikitLearnsKernels) {
  const Judgement found = judge_pair("mmd", unweighted("generated"), unweighted("reference"));
  const Json& expected = golden()["mmd"];
  EXPECT_NEAR(number(found, "median_distance"), expected["median_distance"].get<double>(), 1e-3);
  for (const Figure& each : found.figures) {
    const double theirs = expected[each.name].get<double>();
    // The medians differ by less than a neighbour in a list of 300,000.
    EXPECT_NEAR(each.value, theirs, 1e-9 + 1e-4 * std::abs(theirs)) << each.name;
  }
}

TEST(Golden, ManifoldIsThatOfScikitLearnsNeighbours) {
  const Judgement found = judge_pair("manifold", unweighted("generated"), unweighted("reference"));
  for (const Figure& each : found.figures) {
    EXPECT_NEAR(each.value, golden()["manifold"][each.name].get<double>(), 1e-12) << each.name;
  }
}

TEST(Golden, NeighbourDivergenceIsThatOfSciPysTrees) {
  const Judgement found =
      judge_pair("neighbour_divergence", unweighted("generated"), unweighted("reference"));
  for (const char* name : {"kullback_leibler", "kullback_leibler_reverse"}) {
    EXPECT_NEAR(found.figure(name).value, golden()["neighbour_divergence"][name].get<double>(),
                1e-9)
        << name;
  }
  // scikit-learn adds noise of 1e-10 to the column, and cuts off at zero.
  const double ours = judge_pair("neighbour_divergence", column(unweighted("generated"), 11),
                                 column(unweighted("reference"), 11))
                          .figure("jensen_shannon")
                          .value;
  EXPECT_NEAR(std::max(ours, 0.0), golden()["jensen_shannon"].get<double>(), 2e-3);
}

TEST(Golden, OptimalTransportIsPots) {
  const Dataset x = dataset("generated");
  const Dataset y = dataset("reference");
  const auto rows = [](const Dataset& data) {
    return take_rows(data, choose_rows(data.rows, 0, 0, 0));
  };
  const Costs costs = pair_costs(rows(x), rows(y), 1);
  const double assignment = least_assignment(costs) / static_cast<double>(x.rows);
  EXPECT_NEAR(assignment, golden()["optimal_transport"].get<double>(), 1e-10);
  EXPECT_NEAR(least_transport(costs, rows(x).weights, rows(y).weights),
              golden()["weighted_optimal_transport"].get<double>(), 1e-10);
  const Entropic entropic =
      entropic_transport(pair_costs(rows(x), rows(y), 2), rows(x).weights, rows(y).weights,
                         golden()["regularisation"].get<double>(), 1e-12, 100000);
  EXPECT_NEAR(entropic.cost, golden()["sinkhorn_cost"].get<double>(), 1e-8 * entropic.cost);
}

TEST(Golden, SlicedWassersteinIsPots) {
  const Judgement found = judge_pair("sliced_wasserstein", unweighted("generated"),
                                     unweighted("reference"), R"({"directions": 20000})");
  // Both from 20,000 directions of their own.
  EXPECT_NEAR(found.figures.front().value / golden()["sliced_wasserstein"].get<double>(), 1, 0.02);
}

TEST(Golden, FrechetDistanceIsJetnets) {
  // POT and NumPy standardise by the deviation with n, as we do.
  const Judgement found =
      judge_pair("frechet_distance", unweighted("generated"), unweighted("reference"));
  EXPECT_NEAR(found.figures.front().value, golden()["frechet_distance"].get<double>(), 1e-7);
}

// Both sides draw batches: their values for several seeds, and ours for as many.
void expect_same_law(const char* metric, const char* options, const Json& theirs) {
  double their_mean = 0;
  double their_square = 0;
  double our_mean = 0;
  double our_square = 0;
  const auto count = static_cast<double>(theirs.size());
  for (size_t seed = 0; seed < theirs.size(); ++seed) {
    const double value = theirs[seed][0].get<double>();
    their_mean += value / count;
    their_square += value * value / count;
    const double ours =
        judge_pair(metric, unweighted("generated"), unweighted("reference"), options, seed + 1)
            .figures.front()
            .value;
    our_mean += ours / count;
    our_square += ours * ours / count;
  }
  const double variance = their_square - their_mean * their_mean + our_square - our_mean * our_mean;
  EXPECT_NEAR(our_mean, their_mean, 4 * std::sqrt(variance / (count - 1)) + 1e-9 * their_mean);
  EXPECT_LT(std::sqrt(variance), 0.5 * std::abs(their_mean)) << "too noisy to compare";
}

TEST(Golden, FrechetPhysicsDistanceIsJetnets) {
  expect_same_law("frechet_physics_distance", R"({"min_samples": 200, "max_samples": 2000})",
                  golden()["frechet_physics_distance"]);
}

TEST(Golden, KernelPhysicsDistanceIsJetnets) {
  expect_same_law("kernel_physics_distance", R"({"batches": 50, "batch_size": 400})",
                  golden()["kernel_physics_distance"]);
}

TEST(Golden, EnergyMoversDistanceIsPots) {
  const Json& expected = golden()["energy_movers_distances"];
  const Dataset jets = dataset("jets");
  const Dataset others = dataset("other_jets");
  // A batch of two copies of a jet against two of another: their distance is the mean.
  const auto twice = [](const Dataset& data, size_t row, int copies) {
    Dataset out = empty_dataset(copies, data.features);
    for (int copy = 0; copy < copies; ++copy) {
      const auto begin = data.x.begin() + static_cast<int64_t>(row) * data.features;
      out.x.insert(out.x.end(), begin, begin + data.features);
    }
    return out;
  };
  for (size_t i = 0; i < expected.size(); ++i) {
    const Judgement found = judge_pair("energy_movers_distance", twice(jets, i, 2),
                                       twice(others, i, 4), R"({"events": 2, "batches": 1})");
    EXPECT_NEAR(found.figure("mean_distance").value, expected[i].get<double>(), 1e-9) << i;
  }
}

TEST(Golden, JetScoresAreJetnets) {
  const Json& expected = golden()["jet_scores"];
  const Dataset jets = dataset("jets");
  const Dataset others = dataset("other_jets");
  const Judgement found = judge_pair("jet_scores", jets, others,
                                     R"({"events": 2, "batches": 1, "negative_pt": "clip"})");
  EXPECT_NEAR(found.figure("w1_m").value, expected["w1_m"].get<double>(), 1e-10);
  expect_equal(numbers(found, "w1_p"), expected["w1_p"], 1e-12);
  // energyflow lists the graphs in another order.
  std::vector<double> ours = numbers(found, "w1_efp");
  auto theirs = expected["w1_efp"].get<std::vector<double>>();
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  expect_equal(ours, theirs, 1e-12);

  const auto clouds = [](const Dataset& data) {
    std::vector<Cloud> out(static_cast<size_t>(data.rows));
    for (int64_t row = 0; row < data.rows; ++row) {
      for (int64_t at = row * data.features; at < (row + 1) * data.features; at += 4) {
        const double* slot = data.x.data() + at;
        if (slot[3] < 0.5 || slot[2] <= 0) continue;
        Cloud& jet = out[static_cast<size_t>(row)];
        jet.eta.push_back(slot[0]);
        jet.phi.push_back(slot[1]);
        jet.pt.push_back(slot[2]);
      }
    }
    return out;
  };
  const Matching matching = match_jets(clouds(jets), clouds(others), 1);
  EXPECT_NEAR(matching.coverage, expected["coverage"].get<double>(), 1e-12);
  EXPECT_NEAR(matching.minimum_matching_distance, expected["mmd"].get<double>(), 1e-9);
}

}  // namespace
}  // namespace castalia::referee
