// The sets "jets" and "constituents".
#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "cpp/referee/observables/jets/multigraph.h"
#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

// Jets of several sizes, some empty.
Dataset random_jets(int64_t jets, int64_t slots) {
  std::vector<double> x;
  for (int64_t i = 0; i < jets; ++i) {
    const int64_t size = i * 11 % (slots + 1);
    for (int64_t k = 0; k < slots; ++k) {
      const auto feature = static_cast<uint32_t>(3 * k);
      if (k < size) {
        x.insert(x.end(), {0.3 * random_normal(i, feature), 0.3 * random_normal(i, feature + 1),
                           random_uniform(i, feature + 2), 1});
      } else {
        x.insert(x.end(), {0, 0, 0, 0});
      }
    }
  }
  return make_dataset(jets, x);
}

double value(const ObservableTable& table, const std::string& name, int64_t row = 0) {
  return table.row(row)[table.column(name)];
}

// The golden graph's column, whatever numbers its vertices have there.
std::string column_of(const nlohmann::json& edges, const std::vector<Multigraph>& connected) {
  // The connected parts, by following edges.
  std::map<int, std::vector<std::pair<int, int>>> parts;
  std::map<int, int> root;
  const auto find = [&](int v) {
    root.try_emplace(v, v);
    while (root[v] != v) v = root[v];
    return v;
  };
  for (const auto& edge : edges) root[find(edge[0])] = find(edge[1]);
  for (const auto& edge : edges) parts[find(edge[0])].emplace_back(edge[0], edge[1]);
  std::vector<std::pair<size_t, std::string>> names;
  for (auto& [first, list] : parts) {
    std::map<int, int> number;
    for (auto& [a, b] : list) {
      a = number.try_emplace(a, static_cast<int>(number.size())).first->second;
      b = number.try_emplace(b, static_cast<int>(number.size())).first->second;
    }
    const Multigraph graph = canonical({static_cast<int>(number.size()), list});
    const auto place = std::find(connected.begin(), connected.end(), graph) - connected.begin();
    names.emplace_back(place, text_of(graph));
  }
  std::sort(names.begin(), names.end());
  std::string out = "efp_";
  if (names.empty()) out += "0";
  for (size_t i = 0; i < names.size(); ++i) out += (i > 0 ? "x" : "") + names[i].second;
  return out;
}

void expect_near(double found, double expected, double relative, const std::string& what) {
  EXPECT_NEAR(found, expected, relative * std::abs(expected)) << what;
}

TEST(Jets, AgreeWithOtherImplementations) {
  const nlohmann::json golden = read_golden("jets.json");
  const std::vector<Multigraph> connected = connected_multigraphs(5);
  ASSERT_EQ(golden["graphs"].size(), 36U);
  ASSERT_EQ(golden["graphs_5"].size(), 33U);
  for (const nlohmann::json& jet : golden["jets"]) {
    // All slots, the particles among empty ones that hold what must not be looked at.
    const int64_t slots = jet["slots"];
    std::vector<double> x;
    const std::vector<double> particles = jet["particles"];
    for (size_t i = 0; i < particles.size(); i += 3) {
      x.insert(x.end(), {particles[i], particles[i + 1], particles[i + 2], 1});
      if (static_cast<int64_t>(particles.size() / 3) < slots && i == 0) {
        x.insert(x.end(), {0.1, 0.2, 0.3, 0});
      }
    }
    x.resize(4 * slots);
    const ObservableTable table =
        compute_for_test("jets", make_dataset(1, x), R"({"efp_degree": 5})").table;
    EXPECT_EQ(value(table, "multiplicity"), particles.size() / 3);
    // In JetNet's sum of float64 four-vectors cancellation leaves the mass this accurate.
    expect_near(value(table, "mass"), jet["mass"], 1e-9, "mass");
    expect_near(value(table, "pt"), jet["pt"], 1e-12, "pt");
    expect_near(value(table, "c2"), jet["c2"], 1e-11, "c2");
    expect_near(value(table, "d2"), jet["d2"], 1e-11, "d2");
    for (int n = 1; n <= 4; ++n) {
      expect_near(value(table, "tau_" + std::to_string(n)), jet["tau"][n - 1], 1e-11, "tau");
    }
    for (const auto& [graphs, values] :
         {std::pair("graphs", "efp"), std::pair("graphs_5", "efp_5")}) {
      for (size_t g = 0; g < golden[graphs].size(); ++g) {
        const std::string name = column_of(golden[graphs][g], connected);
        expect_near(value(table, name), jet[values][g], 1e-12, name);
      }
    }
  }
}

TEST(Jets, OfOneParticle) {
  const ObservableTable table =
      compute_for_test("jets", make_dataset(1, {0.2, -0.1, 0.9, 1, 0, 0, 0, 0})).table;
  EXPECT_EQ(value(table, "mass"), 0);
  EXPECT_NEAR(value(table, "pt"), 0.9, 1e-15);
  EXPECT_NEAR(value(table, "eta"), 0.2, 1e-15);
  EXPECT_NEAR(value(table, "phi"), -0.1, 1e-15);
  EXPECT_EQ(value(table, "multiplicity"), 1);
  EXPECT_EQ(value(table, "leading_pt"), 0.9);
  EXPECT_NEAR(value(table, "girth"), std::hypot(0.2, 0.1), 1e-15);
  EXPECT_NEAR(value(table, "pt_dispersion"), 1, 1e-15);
  EXPECT_EQ(value(table, "efp_0"), 0.9);
  for (const char* name : {"tau_1", "tau_21", "c2", "d2", "efp_01", "efp_01x01"}) {
    EXPECT_EQ(value(table, name), 0) << name;
  }
}

TEST(Jets, OfTwoParticles) {
  // m^2 = 2 pT1 pT2 (cosh(delta eta) - cos(delta phi)).
  const ObservableTable table =
      compute_for_test("jets", make_dataset(1, {0.3, 0.1, 0.6, 1, -0.1, 0.4, 0.4, 1})).table;
  const double mass2 = 2 * 0.6 * 0.4 * (std::cosh(0.4) - std::cos(0.3));
  EXPECT_NEAR(value(table, "mass"), std::sqrt(mass2), 1e-14);
  EXPECT_NEAR(value(table, "efp_01"), 2 * 0.6 * 0.4 * 0.5, 1e-15);
  EXPECT_EQ(value(table, "c2"), 0);
  EXPECT_EQ(value(table, "tau_2"), 0);
  EXPECT_GT(value(table, "tau_1"), 0);
}

TEST(Jets, WithoutParticlesAreZero) {
  const ObservableTable table =
      compute_for_test("jets", make_dataset(1, {0.2, 0.1, 0.5, 0.4, 0, 0, 0, 0})).table;
  EXPECT_EQ(table.values, std::vector<double>(table.width(), 0.0));
}

TEST(Jets, WithoutAMaskEmptySlotsAreZeros) {
  const Dataset with = make_dataset(1, {0.3, 0.1, 0.6, 1, 0, 0, 0, 0, -0.1, 0.4, 0.4, 1});
  const Dataset without = make_dataset(1, {0.3, 0.1, 0.6, 0, 0, 0, -0.1, 0.4, 0.4});
  EXPECT_EQ(compute_for_test("jets", with).table.values,
            compute_for_test("jets", without, R"({"particle_features": 3})").table.values);
}

TEST(Jets, ClipNegativeMomentaWhenAsked) {
  const Dataset data = make_dataset(2, {0, 0, 1, 1, 0, 0, 1, 1,  //
                                        0, 0, 1, 1, 0.5, 0, -0.1, 1});
  expect_error(Code::out_of_range, {"pt_rel", "-0.1", "row 1", "column 6", "clip"},
               [&] { compute_for_test("jets", data); });
  const ObservableTable table = compute_for_test("jets", data, R"({"negative_pt": "clip"})").table;
  EXPECT_EQ(value(table, "multiplicity", 1), 2);
  EXPECT_EQ(value(table, "efp_01", 1), 0);
}

TEST(Jets, RefuseBadInput) {
  expect_error(Code::shape_mismatch, {"10 columns", "4 features"},
               [] { compute_for_test("jets", make_dataset(1, std::vector<double>(10))); });
  expect_error(Code::out_of_range, {"eta_rel", "200", "row 0", "column 4"}, [] {
    compute_for_test("jets", make_dataset(1, {0, 0, 1, 1, 200, 0, 1, 1}));
  });
  expect_error(Code::out_of_range, {"efp_degree"}, [] {
    compute_for_test("jets", make_dataset(1, {0, 0, 1, 1}), R"({"efp_degree": 6})");
  });
}

TEST(Jets, StayFiniteAtTheEdges) {
  const ObservableTable table =
      compute_for_test("jets", make_dataset(1, {100, 50, 1e-300, 1, -100, -50, 1, 1})).table;
  for (const double each : table.values) EXPECT_TRUE(std::isfinite(each));
}

TEST(Jets, FieldsChooseTheColumns) {
  const Dataset data = random_jets(3, 6);
  const auto has = [](const ObservableTable& table, const std::string& name) {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [&](const Observable& column) { return column.name == name; });
  };
  const ObservableTable few =
      compute_for_test("jets", data, R"({"efp_degree": 0, "subjets": 1})").table;
  EXPECT_FALSE(has(few, "efp_0") || has(few, "tau_2") || has(few, "tau_21"));
  EXPECT_TRUE(has(few, "tau_1") && has(few, "c2"));
  const ObservableTable connected =
      compute_for_test("jets", data, R"({"efp_products": false})").table;
  EXPECT_TRUE(has(connected, "efp_01_02") && !has(connected, "efp_01x01"));
  const ObservableTable shares = compute_for_test("jets", data, R"({"efp_normalise": true})").table;
  EXPECT_NEAR(value(shares, "efp_0", 1), 1, 1e-15);
  EXPECT_NEAR(value(shares, "c2", 1), value(connected, "c2", 1), 1e-12);
}

TEST(Jets, HaveTheSameBitsForAnyNumberOfThreads) {
  const Dataset data = random_jets(60, 40);
  expect_same_bits("jets", data, "");
  expect_same_bits("constituents", data, "");
}

TEST(Constituents, GiveARowAParticle) {
  const Dataset data = make_dataset(3, {0.1, 0.2, 0.3, 1, 9,   9,   9,   0,  //
                                        0,   0,   0,   0, 0,   0,   0,   0,  //
                                        0.4, 0.5, 0.6, 1, 0.7, 0.8, 0.9, 1});
  const ObservableTable table = compute_for_test("constituents", data).table;
  EXPECT_EQ(table.rows, 3);
  EXPECT_EQ(table.event, (std::vector<int64_t>{0, 2, 2}));
  EXPECT_EQ(table.values_of("eta_rel"), (std::vector<double>{0.1, 0.4, 0.7}));
  EXPECT_EQ(table.values_of("pt_rel"), (std::vector<double>{0.3, 0.6, 0.9}));
}

}  // namespace
}  // namespace castalia::referee
