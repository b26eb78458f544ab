#include "cpp/referee/observables/jets/scores.h"

#include <cmath>

#include <gtest/gtest.h>

#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

ObservableTable table_of(std::vector<double> values, std::vector<int64_t> event = {}) {
  const auto rows = static_cast<int64_t>(values.size());
  return {{{"value", "", ""}}, rows, std::move(values), std::move(event)};
}

TEST(EventWasserstein, AgreesWithSciPy) {
  for (const nlohmann::json& c : read_golden("scores.json")) {
    const std::vector<double> a = c["a"], b = c["b"], u = c["u"], v = c["v"];
    EXPECT_NEAR(EventWasserstein(a, {}, b, {}).distance(u, v), c["distance"], 1e-14);
  }
}

TEST(EventWasserstein, OfAShiftIsTheShift) {
  const std::vector<double> a = {1, 5, 2, 8}, b = {3.5, 7.5, 4.5, 10.5};
  const std::vector<double> ones(4, 1.0);
  EXPECT_NEAR(EventWasserstein(a, {}, b, {}).distance(ones, ones), 2.5, 1e-15);
  EXPECT_EQ(EventWasserstein(a, {}, a, {}).distance(ones, ones), 0);
  EXPECT_TRUE(std::isnan(EventWasserstein(a, {}, b, {}).distance(ones, std::vector<double>(4))));
}

TEST(EventWasserstein, WeighsAllValuesOfAnEvent) {
  // Event 0 has 1 and 3, event 1 has 10; without event 1 the means differ by 2.
  const std::vector<double> a = {1, 3, 10}, b = {0};
  const std::vector<int64_t> events = {0, 0, 1};
  const EventWasserstein wasserstein(a, events, b, {});
  EXPECT_NEAR(wasserstein.distance(std::vector<double>{1, 0}, std::vector<double>{1}), 2, 1e-15);
  EXPECT_NEAR(wasserstein.distance(std::vector<double>{2, 1}, std::vector<double>{1}), 18.0 / 5,
              1e-15);
}

TEST(Scores, FindAShiftAndTheFloor) {
  std::vector<double> a, b, c;
  for (int i = 0; i < 4000; ++i) {
    a.push_back(random_normal(i, 0));
    b.push_back(random_normal(i, 1));
    c.push_back(random_normal(i, 2) + 0.5);
  }
  ThreadPool pool(1);
  const ScoreSettings settings{.batch = 4000, .batches = 20};
  const Score null = wasserstein_scores(table_of(a), 4000, table_of(b), 4000, settings, pool)[0];
  const Score shifted = wasserstein_scores(table_of(a), 4000, table_of(c), 4000, settings, pool)[0];
  EXPECT_EQ(null.observable, "value");
  // Two samples of n normals are about 1.1 / sqrt(n / 2) apart in W1, drawn anew sqrt(2) times
  // that.
  EXPECT_LT(null.mean, 0.06);
  EXPECT_GT(null.mean, 0.01);
  EXPECT_NEAR(shifted.mean, 0.5, 0.08);
  // Drawing anew moves each mean by 1 / sqrt(n).
  EXPECT_NEAR(shifted.deviation, std::sqrt(2.0 / 4000), 0.015);
  EXPECT_GT(shifted.deviation, 0.01);
}

TEST(Scores, AreThoseOfTheDrawsForAnyNumberOfThreads) {
  std::vector<double> a, b;
  for (int i = 0; i < 300; ++i) {
    a.push_back(random_normal(i, 3));
    b.push_back(random_normal(i, 4));
  }
  const ScoreSettings settings{.batch = 100, .batches = 7, .seed = 3};
  ThreadPool one(1), many(4);
  const auto first = wasserstein_scores(table_of(a), 300, table_of(b), 300, settings, one);
  const auto second = wasserstein_scores(table_of(a), 300, table_of(b), 300, settings, many);
  EXPECT_EQ(first[0].mean, second[0].mean);
  EXPECT_EQ(first[0].deviation, second[0].deviation);
  const ScoreSettings other{.batch = 100, .batches = 7, .seed = 4};
  EXPECT_NE(wasserstein_scores(table_of(a), 300, table_of(b), 300, other, one)[0].mean,
            first[0].mean);
}

TEST(Scores, RefuseBadInput) {
  ThreadPool pool(1);
  const ObservableTable good = table_of({1, 2});
  const ObservableTable wide{{{"a", "", ""}, {"b", "", ""}}, 1, {1, 2}};
  expect_error(Code::shape_mismatch, {"1 columns", "2"},
               [&] { wasserstein_scores(good, 2, wide, 1, {}, pool); });
  expect_error(Code::empty_data, {"reference"},
               [&] { wasserstein_scores(good, 2, table_of({}), 0, {}, pool); });
  expect_error(Code::shape_mismatch, {"2 jets", "1 are"},
               [&] { wasserstein_scores(good, 1, good, 2, {}, pool); });
  expect_error(Code::out_of_range, {"batch"},
               [&] { wasserstein_scores(good, 2, good, 2, {.batch = 0}, pool); });
}

TEST(Scores, KnowTheirColumns) {
  const Dataset data = make_dataset(1, {0.3, 0.1, 0.6, 1, -0.1, 0.4, 0.4, 1});
  const ObservableTable table = compute_for_test("jets", data).table;
  EXPECT_EQ(flow_score_columns().size(), 5U);
  const ObservableTable flow = select_columns(table, flow_score_columns());
  EXPECT_EQ(flow.width(), 5);
  EXPECT_EQ(flow.values_of("efp_01_02_13_23"), table.values_of("efp_01_02_13_23"));
  EXPECT_EQ(select_columns(table, mass_score_columns()).values, table.values_of("mass"));
}

TEST(Match, CountsCoveredJets) {
  // Both generated jets are nearest to the second of three reference jets.
  const Matching found = match(std::vector<double>{3, 1, 4, 5, 2, 9}, 2, 3);
  EXPECT_NEAR(found.coverage, 1.0 / 3, 1e-15);
  EXPECT_NEAR(found.minimum_matching_distance, (3 + 1 + 4) / 3.0, 1e-15);
  const Matching same = match(std::vector<double>{0, 1, 1, 0}, 2, 2);
  EXPECT_EQ(same.coverage, 1);
  EXPECT_EQ(same.minimum_matching_distance, 0);
  expect_error(Code::shape_mismatch, {"4 distances"}, [] { match(std::vector<double>(4), 2, 3); });
  expect_error(Code::empty_data, {"at least one"}, [] { match({}, 0, 0); });
}

}  // namespace
}  // namespace castalia::referee
