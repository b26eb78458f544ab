// What holds for every set of observables.
#include "cpp/referee/observables/observables.h"

#include <limits>

#include <gtest/gtest.h>

#include "cpp/referee/observables/observables_for_test.h"
#include "cpp/referee/observables/rows.h"

namespace castalia::referee {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Two rows of 12 columns suit every set: 12 cells, 3 particles of 4 features or of 4 components.
Dataset small_data() {
  Dataset data = make_dataset(2, std::vector<double>(24, 1.0));
  return data;
}

std::string fields_for(const ObservableSet& set) {
  return set.name == "calorimeter" ? R"({"rows": [3], "columns": [4]})" : "";
}

TEST(ObservableSets, AreFoundByTheirFolders) {
  std::vector<std::string> names;
  for (const ObservableSet* set : observable_sets()) names.push_back(set->name);
  EXPECT_EQ(names, (std::vector<std::string>{"calorimeter", "constituents", "jets", "kinematics"}));
  EXPECT_EQ(&find_observable_set("jets"), observable_sets()[2]);
  expect_error(Code::not_found, {"'jet'", "'jets'"}, [] { find_observable_set("jet"); });
}

TEST(ObservableSets, AreDescribed) {
  const nlohmann::json all = nlohmann::json::parse(observable_sets_json());
  ASSERT_EQ(all.size(), observable_sets().size());
  for (const nlohmann::json& set : all) {
    EXPECT_FALSE(set["summary"].get<std::string>().empty());
    EXPECT_FALSE(set["description"].get<std::string>().empty());
    EXPECT_FALSE(set["fields"].empty());
    for (const nlohmann::json& field : set["fields"]) {
      EXPECT_FALSE(field["meaning"].get<std::string>().empty()) << field;
    }
  }
}

TEST(ObservableSets, HaveColumnsOfDistinctNamesAndFiniteValues) {
  for (const ObservableSet* set : observable_sets()) {
    const Observables out = compute_for_test(set->name, small_data(), fields_for(*set));
    const ObservableTable& table = out.table;
    EXPECT_EQ(static_cast<int64_t>(table.values.size()), table.rows * table.width());
    for (int64_t i = 0; i < table.width(); ++i) {
      EXPECT_EQ(table.column(table.columns[i].name), i) << table.columns[i].name;
      EXPECT_FALSE(table.columns[i].meaning.empty());
    }
    for (const double value : table.values) EXPECT_TRUE(std::isfinite(value)) << set->name;
    for (const ObservableDetail& detail : out.details) {
      int64_t size = 1;
      for (const int64_t extent : detail.shape) size *= extent;
      EXPECT_EQ(size, static_cast<int64_t>(detail.values.size())) << detail.name;
      EXPECT_EQ(&out.detail(detail.name), &detail);
    }
  }
}

TEST(ObservableSets, RefuseBadData) {
  for (const ObservableSet* set : observable_sets()) {
    const auto compute = [&](const Dataset& data) {
      return compute_for_test(set->name, data, fields_for(*set), 2);
    };
    Dataset data = small_data();
    data.x[17] = kNan;
    data.x[21] = kInfinity;
    expect_error(Code::not_finite, {"row 1", "column 5"}, [&] { compute(data); });
    data = small_data();
    data.context_features = 1;
    data.context = {1, kInfinity};
    expect_error(Code::not_finite, {"context", "row 1", "column 0"}, [&] { compute(data); });
    data = small_data();
    data.weights = {1, -2};
    expect_error(Code::out_of_range, {"weight", "-2", "row 1"}, [&] { compute(data); });
    data.weights = {1, kNan};
    expect_error(Code::not_finite, {"weight", "row 1"}, [&] { compute(data); });
    data.weights = {0, 0};
    expect_error(Code::out_of_range, {"sum to 0"}, [&] { compute(data); });
    data.weights = {1};
    expect_error(Code::shape_mismatch, {"weights", "1 values", "2 rows"}, [&] { compute(data); });
    data = small_data();
    data.rows = 3;
    expect_error(Code::shape_mismatch, {"24 values", "3 rows of 12"}, [&] { compute(data); });
    data = Dataset{};
    data.features = 12;
    expect_error(Code::empty_data, {"no rows"}, [&] { compute(data); });
    expect_error(Code::not_found, {"thresold"},
                 [&] { compute_for_test(set->name, small_data(), R"({"thresold": 1})"); });
  }
}

TEST(ForEachRow, ThrowsWhatTheFirstRowThrew) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    for (int attempt = 0; attempt < 20; ++attempt) {
      expect_error(Code::out_of_range, {"row 37"}, [&] {
        for_each_row(pool, 1000, [](int64_t i, int) {
          if (i % 100 == 37) fail(Code::out_of_range, "row ", i);
        });
      });
    }
    std::vector<int> calls(1000);
    for_each_row(pool, 1000, [&](int64_t i, int) { ++calls[i]; });
    EXPECT_EQ(calls, std::vector<int>(1000, 1));
  }
}

TEST(ObservableTable, GivesColumnsByName) {
  const ObservableTable table{{{"a", "", ""}, {"b", "", ""}}, 2, {1, 2, 3, 4}};
  EXPECT_EQ(table.values_of("b"), (std::vector<double>{2, 4}));
  expect_error(Code::not_found, {"'c'"}, [&] { table.values_of("c"); });
}

}  // namespace
}  // namespace castalia::referee
