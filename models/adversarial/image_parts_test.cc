// Grids of images and what the numbers on them mean, against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/image_grids.h"
#include "models/adversarial/image_view.h"

namespace castalia {
namespace {

using Values = std::vector<Value>;

std::vector<double> uniform(size_t count) {
  std::vector<double> values(count);
  fill_uniform(Stream{5, 0, 1, 0}, values);
  return values;
}

TEST(ImageGrids, HalveWhatIsLarge) {
  EXPECT_EQ(grids_up_to({25, 25}, 4), (std::vector<Grid>{{4, 4}, {7, 7}, {13, 13}, {25, 25}}));
  EXPECT_EQ(grids_up_to({3, 24}, 4), (std::vector<Grid>{{3, 3}, {3, 6}, {3, 12}, {3, 24}}));
  EXPECT_EQ(grids_up_to({4}, 4), (std::vector<Grid>{{4}}));
  EXPECT_EQ(grids_up_to({2}, 1), (std::vector<Grid>{{1}, {2}}));
}

TEST(ImageGrids, ConvolutionsLeadDownAndTheirTransposesBack) {
  for (int64_t extent = 2; extent <= 33; ++extent) {
    const std::vector<Grid> grids = grids_up_to({extent, 3}, 1);
    Graph graph;
    ParameterTable table;
    Trace trace(graph, table, Value(), DType::float32);
    for (size_t fine = 1; fine < grids.size(); ++fine) {
      Shape shape{2, grids[fine][0], grids[fine][1], 3};
      const Value images = graph.input(text("images", extent, ".", fine), {DType::float32, shape});
      const ConvolutionOptions down = between_grids(grids[fine], grids[fine - 1], 3);
      const Value smaller = convolution(trace, text("down", fine), images, down);
      EXPECT_EQ(spatial_extents(smaller.shape()), grids[fine - 1]);
      const Value back = convolution_transpose(trace, text("up", fine), smaller, down);
      EXPECT_EQ(back.shape(), shape);
      EXPECT_EQ(spatial_extents(pooled_to(images, grids[fine - 1]).shape()), grids[fine - 1]);
      EXPECT_EQ(enlarged_to(smaller, grids[fine]).shape(), shape);
    }
  }
}

TEST(ImageGrids, PoolToMeansAndRepeatOnTheWayBack) {
  constexpr size_t kHeight = 5;
  constexpr size_t kWidth = 3;  // stays
  const std::vector<double> x = uniform(2 * kHeight * kWidth);
  const std::vector<double> out =
      evaluate_layer({{"x", {2, kHeight, kWidth, 1}, x}}, [](Trace&, const Values& in) {
        const Value pooled = pooled_to(in[0], {3, 3});
        return Values{pooled, enlarged_to(pooled, {5, 3})};
      });
  const auto pooled = [&](size_t row, size_t i, size_t j) {
    const auto at = [&](size_t k) { return x[(row * kHeight + k) * kWidth + j]; };
    return i == 2 ? at(4) : (at(2 * i) + at(2 * i + 1)) / 2;
  };
  size_t next = 0;
  for (size_t row = 0; row < 2; ++row) {
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < kWidth; ++j) EXPECT_NEAR(out[next++], pooled(row, i, j), 1e-15);
    }
  }
  for (size_t row = 0; row < 2; ++row) {
    for (size_t i = 0; i < kHeight; ++i) {
      for (size_t j = 0; j < kWidth; ++j) EXPECT_EQ(out[next++], out[(row * 3 + i / 2) * 3 + j]);
    }
  }
}

// Three cells of two features.
constexpr int64_t kCells = 3;
constexpr size_t kColumns = 6;
constexpr double kSoftness = 1e-2;

TEST(ImageView, SeesEnergiesByTheLogarithmOfTheirShares) {
  constexpr double kThreshold = 0.1;
  std::vector<double> x = uniform(4 * kColumns);
  for (size_t i = 1; i < x.size(); i += 2) x[i] *= 20;
  ImageView view(
      {.cells = kCells, .cell_features = 2, .softness = kSoftness, .threshold = kThreshold});
  Preprocessing scales(2, view.chains(x), "x");
  scales.fit(x);
  double largest[2] = {0, 0};
  for (size_t i = 0; i < x.size(); ++i) largest[i % 2] = std::max(largest[i % 2], x[i]);
  const std::vector<double> totals = {3, 10, 50, 100};
  const std::vector<double> out = evaluate_layer(
      {{"x", {4, kColumns}, x}, {"total", {4, 1}, totals}}, [&](Trace&, const Values& in) {
        const Value own = view.coordinates(in[0], scales, {});
        return Values{own, view.coordinates(in[0], scales, in[1]), view.cells(own, scales, {})};
      });
  const size_t count = x.size();
  for (size_t i = 0; i < count; ++i) {
    const double kept = x[i] < kThreshold ? 0 : x[i];
    const auto coordinate = [&](double unit) {
      return std::log1p(kept / unit / kSoftness) / std::log1p(1 / kSoftness);
    };
    EXPECT_NEAR(out[i], coordinate(largest[i % 2]), 1e-14);
    EXPECT_NEAR(out[count + i], coordinate(totals[i / kColumns]), 1e-14);
    EXPECT_NEAR(out[2 * count + i], kept, 1e-12);
  }
}

TEST(ImageView, CellsAddUpToATotal) {
  constexpr double kThreshold = 0.2;
  ImageView view(
      {.cells = kCells, .cell_features = 1, .softness = kSoftness, .threshold = kThreshold});
  const Preprocessing scales(1, {}, "x");  // a total is enough
  // The last makes nothing of what it is given.
  const std::vector<double> coordinates = {0.9, 0.8, 0.0, 0.5, 0.02, 0.9, 0, 0, 0};
  const std::vector<double> totals = {5, 1, 2};
  const std::vector<double> out = evaluate_layer(
      {{"y", {3, kCells}, coordinates}, {"total", {3, 1}, totals}},
      [&](Trace&, const Values& in) { return Values{view.cells(in[0], scales, in[1])}; });
  for (size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (size_t i = 0; i < kCells; ++i) {
      const double cell = out[row * kCells + i];
      EXPECT_TRUE(cell == 0 || cell >= kThreshold) << cell;
      sum += cell;
    }
    EXPECT_NEAR(sum, row == 2 ? 0 : totals[row], 1e-14);
  }
  EXPECT_EQ(out[2], 0);
  EXPECT_EQ(out[4], 0);
  EXPECT_GT(out[5], out[3]);
}

TEST(ImageView, AShutCellHasASlope) {
  ImageView view({.cells = kCells, .cell_features = 1, .softness = kSoftness});
  const Preprocessing scales(1, {}, "x");
  const std::vector<double> out = evaluate_layer(
      {{"y", {2, kCells}, {0.5, -0.4, 0.2, -1, -2, -3}}, {"total", {2, 1}, {5, 5}}},
      [&](Trace&, const Values& in) {
        const Value y = view.rectified(in[0]);
        const Value cells = view.cells(y, scales, in[1]);
        return Values{y, gradient(sum(y), {&in[0], 1})[0], gradient(sum(cells), {&in[0], 1})[0]};
      });
  const std::vector<double> expected = {0.5, 0, 0.2, 0, 0, 0, 1, 0.1, 1, 0.1, 0.1, 0.1};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-15) << i;
  // All of the second are shut: their slopes are those of cells that are not scaled.
  const double slope = 0.1 * 5 * kSoftness * std::log1p(1 / kSoftness);
  for (size_t i = 15; i < 18; ++i) EXPECT_NEAR(out[i], slope, 1e-14) << i;
}

// A generator may start with cells that are shut, dimmer than the threshold or too bright; the
// slope of what a critic sees of them brings each back.
TEST(ImageView, ACriticIsHeardOfEveryCell) {
  constexpr double kThreshold = 0.02;
  ImageView view(
      {.cells = kCells, .cell_features = 1, .softness = kSoftness, .threshold = kThreshold});
  Preprocessing scales(1, view.chains(std::vector<double>{0, 2, 1}), "x");
  scales.fit(std::vector<double>{0, 2, 1});
  const double unit = std::log1p(1 / kSoftness);
  const double dim = std::log1p(0.25 * kThreshold / kSoftness) / unit;
  for (const bool has_total : {false, true}) {
    const std::vector<double> out = evaluate_layer(
        {{"y", {1, kCells}, {-3, dim, 4}}, {"total", {1, 1}, {2}}}, [&](Trace&, const Values& in) {
          const Value total = has_total ? in[1] : Value();
          const Value seen =
              view.coordinates(view.cells(view.rectified(in[0]), scales, total), scales, total);
          return Values{seen, gradient(sum(slice(seen, 1, 0, 1)), {&in[0], 1})[0],
                        gradient(sum(slice(seen, 1, 1, 2)), {&in[0], 1})[0],
                        gradient(sum(slice(seen, 1, 2, 3)), {&in[0], 1})[0]};
        });
    EXPECT_EQ(out[0], 0);
    EXPECT_EQ(out[1], 0);
    EXPECT_NEAR(out[2], has_total ? 1 : 1.5, 1e-14);
    // Of each cell with respect to itself. Cells of a given total are scaled down by the bright
    // one.
    const double scale = has_total ? 1 / (std::pow(1 + 1 / kSoftness, 1.5) - 1) / kSoftness : 1;
    EXPECT_NEAR(out[3], 0.1 * scale, 5e-3 * scale);
    EXPECT_NEAR(out[7], (1 + 0.25 * kThreshold / kSoftness) * scale, 5e-3 * scale);
    EXPECT_NEAR(out[11], has_total ? 0 : 0.1, 1e-3);
  }
}

TEST(ImageView, StandardisesReals) {
  const std::vector<double> x = uniform(10 * kColumns);
  ImageView view({.cells = kCells, .cell_features = 2, .energies = false});
  Preprocessing scales(2, view.chains(x), "x");
  scales.fit(x);
  const std::vector<double> out =
      evaluate_layer({{"x", {10, kColumns}, x}}, [&](Trace&, const Values& in) {
        const Value y = view.coordinates(in[0], scales, {});
        return Values{y, view.cells(y, scales, {})};
      });
  for (size_t feature = 0; feature < 2; ++feature) {
    double mean = 0;
    double square = 0;
    for (size_t i = feature; i < x.size(); i += 2) {
      mean += out[i] / (10.0 * kCells);
      square += out[i] * out[i] / (10.0 * kCells);
    }
    EXPECT_NEAR(mean, 0, 1e-13);
    EXPECT_NEAR(square, 1, 1e-13);
  }
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(out[x.size() + i], x[i], 1e-14);
}

TEST(ImageView, RefusesWhatIsNoImage) {
  const auto message = [](bool energies, const std::vector<double>& x) {
    ImageView view({.cells = 2, .cell_features = 1, .energies = energies});
    try {
      view.check(x, 7);
      view.chains(x);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(true, {1, 2, 3, -1}),
            "x row 8, column 1: the value is -1; with cells = 'energies' all are 0 or above");
  EXPECT_NE(message(false, {1, std::numeric_limits<double>::infinity()}).find("row 7, column 1"),
            std::string::npos);
  EXPECT_EQ(message(false, {1, -1}), "");
  EXPECT_NE(message(true, {0, 0}).find("feature 0 of the cells is 0"), std::string::npos);
}

}  // namespace
}  // namespace castalia
