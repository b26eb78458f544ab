#include "models/calorimeter/shower_coordinates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/compile/compile.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;

constexpr double kNoise = 0.01;
constexpr double kThreshold = 0.02;
constexpr double kAlpha = 1e-4;
constexpr int64_t kCells = 6;  // three, two and one
constexpr int64_t kLayers = 3;
const std::vector<int64_t> kFirst = {0, 3, 5, 6};

ShowerCoordinates coordinates() {
  return ShowerCoordinates(
      {.cells = {3, 2, 1}, .noise = kNoise, .threshold = kThreshold, .alpha = kAlpha});
}

double logit(double p) { return std::log(p) - std::log1p(-p); }

struct Showers {
  int64_t rows;
  Numbers x;
  Numbers incident;
};

// Some cells and some layers are empty.
Showers showers(int64_t rows) {
  Showers out{.rows = rows, .x = {}, .incident = {}};
  for (int64_t row = 0; row < rows; ++row) {
    double u[2 * kCells + 1];
    fill_uniform(Stream{9, static_cast<uint64_t>(row), 1, 0}, u);
    out.incident.push_back(20 + 30 * u[2 * kCells]);
    for (int64_t i = 0; i < kCells; ++i) out.x.push_back(u[kCells + i] < 0.3 ? 0 : 4 * u[i]);
  }
  return out;
}

Numbers uniforms(size_t count) {
  Numbers out(count);
  fill_uniform(Stream{11, 0, 2, 0}, out);
  return out;
}

Numbers layer_sums(const Numbers& x) {
  Numbers out;
  for (size_t first = 0; first < x.size(); first += kCells) {
    for (size_t layer = 0; layer < kLayers; ++layer) {
      out.push_back(std::accumulate(x.begin() + static_cast<int64_t>(first) + kFirst[layer],
                                    x.begin() + static_cast<int64_t>(first) + kFirst[layer + 1],
                                    0.0));
    }
  }
  return out;
}

// A graph of float64 inputs (rows, columns), in the order of their values.
Numbers computed(int64_t rows, const std::vector<Numbers>& inputs,
                 const std::function<Value(const std::vector<Value>&)>& trace) {
  Graph graph;
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t columns = std::ssize(inputs[i]) / rows;
    values.push_back(
        graph.input(std::string(1, static_cast<char>('a' + i)), {DType::float64, {rows, columns}}));
  }
  const Value out = trace(values);
  graph.output("out", out);
  Workspace workspace(compile(graph));
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::copy(inputs[i].begin(), inputs[i].end(),
              static_cast<double*>(workspace.input(std::string(1, static_cast<char>('a' + i)))));
  }
  workspace.run();
  const auto* found = static_cast<const double*>(workspace.output("out"));
  return Numbers(found, found + out.shape().count());
}

void expect_near(const Numbers& found, const Numbers& expected, double relative) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], relative * (1 + std::abs(expected[i]))) << i;
  }
}

// Up to the standardisation, which shifts and scales each column.
void expect_standardised(const Numbers& found, const Numbers& plain, int64_t columns) {
  ASSERT_EQ(found.size(), plain.size());
  const size_t rows = plain.size() / static_cast<size_t>(columns);
  for (size_t c = 0; c < static_cast<size_t>(columns); ++c) {
    const auto at = [&](const Numbers& of, size_t row) {
      return of[row * static_cast<size_t>(columns) + c];
    };
    const double scale = (at(plain, 1) - at(plain, 0)) / (at(found, 1) - at(found, 0));
    EXPECT_GT(scale, 0);
    double sum = 0;
    double squares = 0;
    for (size_t row = 0; row < rows; ++row) {
      EXPECT_NEAR(at(plain, row) - at(plain, 0), scale * (at(found, row) - at(found, 0)),
                  1e-9 * (1 + std::abs(at(plain, row))));
      sum += at(found, row);
      squares += at(found, row) * at(found, row);
    }
    EXPECT_NEAR(sum / static_cast<double>(rows), 0, 0.1);
    EXPECT_NEAR(squares / static_cast<double>(rows), 1, 0.2);
  }
}

TEST(ShowerCoordinates, OfCellsAreStretchedLogitsOfTheirShares) {
  const ShowerCoordinates map = coordinates();
  const Showers given = showers(50);
  const Numbers u = uniforms(given.x.size());
  const Numbers energies = layer_sums(given.x);
  Numbers expected;
  for (size_t i = 0; i < given.x.size(); ++i) {
    const size_t cell = i % kCells;
    const size_t layer = cell < 3 ? 0 : cell < 5 ? 1 : 2;
    const double cells = layer == 0 ? 3 : layer == 1 ? 2 : 1;
    const double most = energies[i / kCells * kLayers + layer] + cells * kNoise;
    const double p = kAlpha + (1 - 2 * kAlpha) * (given.x[i] + kNoise * u[i]) / most;
    expected.push_back(logit(p) / logit(1 - kAlpha));
    EXPECT_LE(std::abs(expected.back()), 1);
  }
  expect_near(computed(given.rows, {given.x, energies, u},
                       [&](const auto& v) { return map.of_cells(v[0], v[1], v[2]).value; }),
              expected, 1e-12);
}

TEST(ShowerCoordinates, OfLayersAndConditionAreStandardisedLogits) {
  ShowerCoordinates map = coordinates();
  const Showers given = showers(400);
  EXPECT_FALSE(map.fitted());
  map.fit(given.x, given.incident);
  EXPECT_TRUE(map.fitted());
  const Numbers energies = layer_sums(given.x);
  const Numbers u = uniforms(energies.size());
  std::vector<double> responses;
  for (size_t row = 0; row < given.incident.size(); ++row) {
    const double* e = energies.data() + row * kLayers;
    responses.push_back((e[0] + e[1] + e[2]) / given.incident[row]);
  }
  std::vector<double> sorted = responses;
  std::sort(sorted.begin(), sorted.end());
  const double ceiling = 2 * sorted.back() - sorted[sorted.size() / 2];
  Numbers plain;
  Numbers condition;
  for (size_t row = 0; row < given.incident.size(); ++row) {
    double noisy[kLayers];
    condition.push_back(std::log(given.incident[row]));
    for (size_t i = 0; i < kLayers; ++i) {
      noisy[i] = energies[row * kLayers + i] + kNoise * u[row * kLayers + i];
      condition.push_back(std::log(energies[row * kLayers + i] + kNoise));
    }
    plain.push_back(logit((noisy[0] + noisy[1] + noisy[2]) / (ceiling * given.incident[row])));
    plain.push_back(std::log(noisy[0] / (noisy[1] + noisy[2])));
    plain.push_back(std::log(noisy[1] / noisy[2]));
  }
  const Numbers found = computed(given.rows, {energies, given.incident, u}, [&](const auto& v) {
    return map.of_layers(map.smeared(v[0], v[2]), v[1]).value;
  });
  expect_standardised(found, plain, kLayers);
  expect_standardised(computed(given.rows, {energies, given.incident},
                               [&](const auto& v) { return map.condition(v[0], v[1]); }),
                      condition, 1 + kLayers);

  // And back: energies with their noise, or nothing where that is less than the noise can be.
  Numbers back;
  for (size_t i = 0; i < energies.size(); ++i) {
    const double noisy = energies[i] + kNoise * u[i];
    back.push_back(noisy < kNoise ? 0 : noisy);
  }
  expect_near(computed(given.rows, {found, given.incident},
                       [&](const auto& v) { return map.without_noise(map.to_layers(v[0], v[1])); }),
              back, 1e-9);

  ShowerCoordinates again = coordinates();
  again.set_json(map.json());
  EXPECT_EQ(again.json(), map.json());
}

TEST(ShowerCoordinates, CellsComeBackWithTheirNoiseAndFillTheirLayers) {
  const ShowerCoordinates map = coordinates();
  const Showers given = showers(200);
  const Numbers u = uniforms(given.x.size());
  Numbers energies = layer_sums(given.x);
  for (double& each : energies) each = std::max(each, 0.5);
  const Numbers found = computed(given.rows, {given.x, energies, u}, [&](const auto& v) {
    return map.to_cells(map.of_cells(v[0], v[1], v[2]).value, v[1]);
  });
  expect_near(layer_sums(found), energies, 1e-14);
  for (size_t row = 0; row < given.incident.size(); ++row) {
    for (size_t layer = 0; layer < kLayers; ++layer) {
      double kept = 0;
      double greatest = 0;
      const auto noisy = [&](int64_t cell) {
        const size_t i = row * kCells + static_cast<size_t>(cell);
        return given.x[i] + kNoise * u[i];
      };
      for (int64_t cell = kFirst[layer]; cell < kFirst[layer + 1]; ++cell) {
        greatest = std::max(greatest, noisy(cell));
      }
      const double least = std::min(kThreshold, greatest);
      const auto counts = [&](int64_t cell) { return noisy(cell) >= least * (1 - 1e-12); };
      for (int64_t cell = kFirst[layer]; cell < kFirst[layer + 1]; ++cell) {
        kept += counts(cell) ? noisy(cell) : 0;
      }
      for (int64_t cell = kFirst[layer]; cell < kFirst[layer + 1]; ++cell) {
        const double expected =
            counts(cell) ? noisy(cell) / kept * energies[row * kLayers + layer] : 0;
        EXPECT_NEAR(found[row * kCells + static_cast<size_t>(cell)], expected,
                    1e-9 * (1 + expected));
      }
    }
  }
}

// Whatever a network gives: no cell below 0, none lost, no energy lost.
TEST(ShowerCoordinates, AnyCoordinatesKeepTheEnergyOfALayer) {
  const ShowerCoordinates map = coordinates();
  constexpr int64_t kRows = 300;
  Numbers y = uniforms(kRows * kCells);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] = 2 * y[i] - 1;
    if (i % 7 == 0) y[i] = i % 2 == 0 ? -1 : 1;
    if (i / kCells % 5 == 0) y[i] = -1;  // all of a layer below the threshold
    if (i / kCells % 11 == 0) y[i] = 50 * (y[i] - 0.2);
  }
  Numbers energies = uniforms(kRows * kLayers);
  for (size_t i = 0; i < energies.size(); ++i) energies[i] = i % 4 == 0 ? 0 : 1e4 * energies[i];
  const Numbers found =
      computed(kRows, {y, energies}, [&](const auto& v) { return map.to_cells(v[0], v[1]); });
  for (const double cell : found) EXPECT_GE(cell, 0);
  expect_near(layer_sums(found), energies, 1e-14);
}

}  // namespace
}  // namespace castalia
