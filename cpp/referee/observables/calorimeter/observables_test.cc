// The set "calorimeter".
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

// Two layers of 3 x 4 cells of 10 (phi) by 2 (eta), and of 2 x 2.
constexpr const char* kGrid =
    R"({"layers": 2, "rows": [3, 2], "columns": [4, 2], "row_sizes": [10], "column_sizes": [2]})";
constexpr int64_t kCells = 16;

double value(const ObservableTable& table, const std::string& name, int64_t row = 0) {
  return table.row(row)[table.column(name)];
}

std::string with(const std::string& field, const std::string& json) {
  nlohmann::json fields = nlohmann::json::parse(kGrid);
  fields[field] = nlohmann::json::parse(json);
  return fields.dump();
}

Dataset random_showers(int64_t rows, int64_t cells) {
  std::vector<double> x, incident;
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 1;
    for (int64_t k = 0; k < cells; ++k) {
      const auto feature = static_cast<uint32_t>(2 * k);
      const bool hit = random_uniform(i, feature) < 0.4;
      x.push_back(hit ? std::exp(3 * random_normal(i, feature + 1)) : 0);
      sum += x.back();
    }
    incident.push_back(sum);
  }
  return make_dataset(rows, x, incident);
}

TEST(Calorimeter, AgreesWithTheFormulasOfTheCaloChallenge) {
  for (const nlohmann::json& golden : read_golden("showers.json")) {
    const std::vector<double> incident = golden["incident"];
    const auto rows = static_cast<int64_t>(incident.size());
    const int64_t cells = golden["cells"];
    std::vector<double> x(rows * cells);
    for (int64_t i = 0; i < rows; ++i) {
      for (const auto& [cell, energy] :
           golden["showers"][i].get<std::vector<std::pair<int64_t, double>>>()) {
        x[i * cells + cell] = energy;
      }
    }
    const nlohmann::json fields = {{"geometry", golden_path(golden["geometry"])},
                                   {"particle", golden["particle"]}};
    const ObservableTable table =
        compute_for_test("calorimeter", make_dataset(rows, x, incident), fields.dump()).table;
    EXPECT_EQ(table.width(), static_cast<int64_t>(golden["observables"].size()));
    for (const auto& [name, values] : golden["observables"].items()) {
      for (int64_t i = 0; i < rows; ++i) {
        const double expected = values[i];
        // Their width is a difference of moments: of a coordinate of hundreds, it is good to 1e-5.
        const bool width = name.find("width") != std::string::npos;
        const double tolerance = width ? 1e-9 * std::abs(expected) + 2e-5 / (1 + std::abs(expected))
                                       : 1e-11 * std::abs(expected) + 1e-11;
        EXPECT_NEAR(value(table, name, i), expected, tolerance) << name << " of " << i;
      }
    }
  }
}

TEST(Calorimeter, OfASingleCell) {
  std::vector<double> x(kCells);
  x[4 + 3] = 8;  // row 1, column 3 of the first layer
  const ObservableTable table =
      compute_for_test("calorimeter", make_dataset(1, x, {10}), kGrid).table;
  EXPECT_EQ(value(table, "energy"), 8);
  EXPECT_EQ(value(table, "response"), 0.8);
  EXPECT_EQ(value(table, "depth"), 0);
  EXPECT_EQ(value(table, "depth_width"), 0);
  EXPECT_EQ(value(table, "last_layer"), 0);
  EXPECT_EQ(value(table, "sparsity"), 15.0 / 16);
  EXPECT_EQ(value(table, "energy_ratio"), 1);
  EXPECT_EQ(value(table, "leading_1"), 8);
  EXPECT_EQ(value(table, "leading_1_fraction"), 1);
  EXPECT_EQ(value(table, "leading_2"), 0);
  EXPECT_EQ(value(table, "layer_0_energy"), 8);
  EXPECT_EQ(value(table, "layer_0_fraction"), 1);
  EXPECT_EQ(value(table, "layer_0_sparsity"), 1 - 1.0 / 12);
  EXPECT_EQ(value(table, "layer_0_eta_centre"), 3);
  EXPECT_EQ(value(table, "layer_0_eta_width"), 0);
  EXPECT_EQ(value(table, "layer_0_phi_centre"), 0);
  // The convention for a layer without energy.
  for (const char* name : {"energy", "fraction", "eta_centre", "eta_width", "phi_centre",
                           "phi_width", "energy_ratio", "leading_1_fraction"}) {
    EXPECT_EQ(value(table, std::string("layer_1_") + name), 0) << name;
  }
  EXPECT_EQ(value(table, "layer_1_sparsity"), 1);
}

TEST(Calorimeter, OfTwoCells) {
  std::vector<double> x(kCells);
  x[0] = 1;       // layer 0 at eta -3, phi -10
  x[12 + 3] = 3;  // layer 1 at eta 1, phi 5
  x[12 + 0] = 1;  // layer 1 at eta -1, phi -5
  const ObservableTable table = compute_for_test("calorimeter", make_dataset(1, x), kGrid).table;
  EXPECT_NEAR(value(table, "depth"), 0.8, 1e-15);
  EXPECT_NEAR(value(table, "depth_width"), 0.4, 1e-15);
  EXPECT_EQ(value(table, "last_layer"), 1);
  EXPECT_NEAR(value(table, "energy_ratio"), 0.5, 1e-15);
  EXPECT_EQ(value(table, "layer_1_eta_centre"), 0.5);
  EXPECT_NEAR(value(table, "layer_1_eta_width"), std::sqrt(0.75), 1e-15);
  EXPECT_EQ(value(table, "layer_1_phi_centre"), 2.5);
  EXPECT_NEAR(value(table, "layer_1_phi_width"), 5 * std::sqrt(0.75), 1e-14);
  EXPECT_EQ(value(table, "layer_1_energy_ratio"), 0.5);
  EXPECT_EQ(value(table, "layer_1_leading_1_fraction"), 0.75);
  EXPECT_EQ(value(table, "layer_1_leading_2_fraction"), 0.25);
  EXPECT_EQ(value(table, "layer_1_leading_3_fraction"), 0);
  EXPECT_EQ(value(table, "leading_3_fraction"), 0.2);
}

TEST(Calorimeter, OfAUniformLayer) {
  // n equal bins of width w have the standard deviation w sqrt((n^2 - 1) / 12).
  std::vector<double> x(kCells);
  std::fill(x.begin(), x.begin() + 12, 2.0);
  const ObservableTable table = compute_for_test("calorimeter", make_dataset(1, x), kGrid).table;
  EXPECT_NEAR(value(table, "layer_0_eta_centre"), 0, 1e-15);
  EXPECT_NEAR(value(table, "layer_0_eta_width"), 2 * std::sqrt(15.0 / 12), 1e-14);
  EXPECT_NEAR(value(table, "layer_0_phi_width"), 10 * std::sqrt(8.0 / 12), 1e-14);
  EXPECT_EQ(value(table, "layer_0_sparsity"), 0);
  EXPECT_EQ(value(table, "layer_0_energy_ratio"), 0);
  EXPECT_NEAR(value(table, "layer_0_leading_5_fraction"), 1.0 / 12, 1e-16);
}

TEST(Calorimeter, OfAnEmptyShower) {
  const ObservableTable table =
      compute_for_test("calorimeter", make_dataset(1, std::vector<double>(kCells), {5}), kGrid)
          .table;
  for (int64_t i = 0; i < table.width(); ++i) {
    const std::string& name = table.columns[i].name;
    const bool sparsity = name.find("sparsity") != std::string::npos;
    EXPECT_EQ(table.values[i], sparsity ? 1 : 0) << name;
  }
}

TEST(Calorimeter, ConservesEnergy) {
  const Dataset data = random_showers(40, kCells);
  const Observables out = compute_for_test("calorimeter", data, kGrid);
  const ObservableTable& table = out.table;
  double image = 0, total = 0;
  for (const char* name : {"layer_0_mean", "layer_1_mean"}) {
    for (const double cell : out.detail(name).values) image += cell;
  }
  for (int64_t i = 0; i < data.rows; ++i) {
    const double energy = value(table, "energy", i);
    total += energy;
    EXPECT_NEAR(value(table, "layer_0_energy", i) + value(table, "layer_1_energy", i), energy,
                1e-14 * energy);
    EXPECT_NEAR(value(table, "layer_0_fraction", i) + value(table, "layer_1_fraction", i), 1,
                1e-15);
    const double sum =
        std::accumulate(data.x.begin() + i * kCells, data.x.begin() + (i + 1) * kCells, 0.0);
    EXPECT_NEAR(energy, sum, 1e-14 * sum);
  }
  EXPECT_NEAR(image, total / static_cast<double>(data.rows), 1e-12 * image);
}

TEST(Calorimeter, ScalesWithTheEnergyAndTurnsWithTheShower) {
  const Dataset data = random_showers(10, kCells);
  Dataset scaled = data, turned = data;
  for (double& each : scaled.x) each *= 2;
  // Half a turn of each layer about the axis.
  for (int64_t i = 0; i < data.rows; ++i) {
    const auto row = turned.x.begin() + i * kCells;
    std::reverse(row, row + 12);
    std::reverse(row + 12, row + kCells);
  }
  const ObservableTable table = compute_for_test("calorimeter", data, kGrid).table;
  const ObservableTable twice = compute_for_test("calorimeter", scaled, kGrid).table;
  const ObservableTable other = compute_for_test("calorimeter", turned, kGrid).table;
  for (int64_t c = 0; c < table.width(); ++c) {
    const Observable& column = table.columns[c];
    const bool energy = column.units == "MeV" || column.name == "response";
    const bool centre = column.name.find("centre") != std::string::npos;
    for (int64_t i = 0; i < table.rows; ++i) {
      const double expected = table.row(i)[c];
      EXPECT_NEAR(twice.row(i)[c], (energy ? 2 : 1) * expected, 1e-13 * std::abs(expected) + 1e-14)
          << column.name;
      EXPECT_NEAR(other.row(i)[c], (centre ? -1 : 1) * expected, 1e-12 * std::abs(expected) + 1e-13)
          << column.name;
    }
  }
}

TEST(Calorimeter, CellsBelowTheThresholdDoNotCount) {
  Dataset data = random_showers(10, kCells);
  const ObservableTable table =
      compute_for_test("calorimeter", data, with("threshold", "1.0")).table;
  for (double& each : data.x) each = each > 1 ? each : 0;
  EXPECT_EQ(table.values, compute_for_test("calorimeter", data, kGrid).table.values);
}

TEST(Calorimeter, CountsTheSpectrum) {
  std::vector<double> x(2 * kCells);
  x[0] = 1.1;
  x[1] = 1.2;
  x[2] = 1e-20;
  x[kCells + 6] = 1e20;
  Dataset data = make_dataset(2, x);
  data.weights = {1, 3};
  const Observables out = compute_for_test("calorimeter", data, kGrid);
  const std::vector<double>& spectrum = out.detail("voxel_spectrum").values;
  const std::vector<double>& edges = out.detail("voxel_spectrum_edges").values;
  ASSERT_EQ(edges.size(), spectrum.size() + 1);
  EXPECT_EQ(spectrum.front(), 0.25);
  EXPECT_EQ(spectrum.back(), 0.75);
  for (size_t i = 0; i < spectrum.size(); ++i) {
    const bool holds_both = edges[i] <= 1.1 && 1.2 < edges[i + 1];
    if (holds_both) {
      EXPECT_EQ(spectrum[i], 0.5);
    }
  }
  EXPECT_NEAR(std::accumulate(spectrum.begin(), spectrum.end(), 0.0), 1.5, 1e-15);
  EXPECT_NEAR(out.detail("layer_0_mean").values[0], 1.1 / 4, 1e-16);
}

TEST(Calorimeter, RefusesOrClipsNegativeEnergies) {
  Dataset data = random_showers(3, kCells);
  data.x[kCells + 5] = -0.25;
  data.x[2 * kCells] = -1;
  expect_error(Code::out_of_range, {"-0.25", "row 1", "column 5", "clip"},
               [&] { compute_for_test("calorimeter", data, kGrid); });
  const ObservableTable clipped =
      compute_for_test("calorimeter", data, with("negative_energy", R"("clip")")).table;
  for (double& each : data.x) each = std::max(each, 0.0);
  EXPECT_EQ(clipped.values, compute_for_test("calorimeter", data, kGrid).table.values);
}

TEST(Calorimeter, RefusesBadInput) {
  const Dataset data = random_showers(3, kCells);
  expect_error(Code::shape_mismatch, {"504 cells", "16 columns"}, [&] {
    compute_for_test("calorimeter", data,
                     R"({"geometry": "tests/golden/observables/cartesian.xml"})");
  });
  expect_error(Code::invalid_argument, {"geometry", "rows"},
               [&] { compute_for_test("calorimeter", data); });
  expect_error(Code::out_of_range, {"incident is 1", "1 columns"},
               [&] { compute_for_test("calorimeter", data, with("incident", "1")); });
  Dataset dark = data;
  dark.context[2] = 0;
  expect_error(Code::out_of_range, {"incident energy is 0", "row 2"},
               [&] { compute_for_test("calorimeter", dark, kGrid); });
}

TEST(Calorimeter, WithoutAContextHasNoResponse) {
  Dataset data = random_showers(2, kCells);
  const int64_t with_response = compute_for_test("calorimeter", data, kGrid).table.width();
  data.context.clear();
  data.context_features = 0;
  const ObservableTable table = compute_for_test("calorimeter", data, kGrid).table;
  EXPECT_EQ(table.width(), with_response - 1);
  expect_error(Code::not_found, {"response"}, [&] { table.column("response"); });
}

TEST(Calorimeter, LeadingCellsAreChosen) {
  const Dataset data = random_showers(2, kCells);
  const ObservableTable none = compute_for_test("calorimeter", data, with("leading", "0")).table;
  expect_error(Code::not_found, {"leading_1"}, [&] { none.column("leading_1"); });
  const ObservableTable many = compute_for_test("calorimeter", data, with("leading", "20")).table;
  EXPECT_EQ(value(many, "leading_20"), 0);
  EXPECT_EQ(value(none, "energy_ratio"), value(many, "energy_ratio"));
  double sum = 0;
  for (int k = 1; k <= 20; ++k) sum += value(many, "leading_" + std::to_string(k) + "_fraction");
  EXPECT_NEAR(sum, 1, 1e-14);
}

TEST(Calorimeter, HasTheSameBitsForAnyNumberOfThreads) {
  expect_same_bits("calorimeter", random_showers(700, kCells), kGrid);
}

}  // namespace
}  // namespace castalia::referee
