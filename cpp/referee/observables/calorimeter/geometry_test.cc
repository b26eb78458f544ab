#include "cpp/referee/observables/calorimeter/geometry.h"

#include <cmath>
#include <fstream>
#include <numbers>

#include <gtest/gtest.h>

#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

// A binning file with this text below the root.
std::string file_with(const std::string& content) {
  const std::string path = testing::TempDir() + "binning.xml";
  std::ofstream(path) << content;
  return path;
}

std::string layer(const std::string& attributes) {
  return "<Bins><Bin name='photon' pid='22'><Layer " + attributes + "/></Bin></Bins>";
}

TEST(Binning, ReadsRadialLayers) {
  const Geometry geometry = read_binning(golden_path("radial.xml"), "photon");
  ASSERT_EQ(geometry.layers.size(), 3U);
  EXPECT_EQ(geometry.cells(), 7 + 160 + 20);
  const CellLayer &first = geometry.layers[0], &last = geometry.layers[2];
  EXPECT_EQ(first.number, 0);
  EXPECT_TRUE(first.radial);
  EXPECT_TRUE(first.eta.empty());
  EXPECT_EQ(first.r[1], 7.5);
  EXPECT_EQ(last.number, 12);
  EXPECT_EQ(last.first, 167);
  EXPECT_EQ(last.rows(), 4);
  EXPECT_EQ(last.columns(), 5);
  // The second bin in alpha is about -pi/4; within it cells go outwards.
  const double alpha = -std::numbers::pi / 4;
  EXPECT_NEAR(last.eta[5], 25 * std::cos(alpha), 1e-12);
  EXPECT_NEAR(last.phi[5], 25 * std::sin(alpha), 1e-12);
  EXPECT_NEAR(std::hypot(last.eta[9], last.phi[9]), 700, 1e-12);
  EXPECT_EQ(last.r[9], 700);
}

TEST(Binning, ReadsCartesianLayers) {
  const Geometry geometry = read_binning(golden_path("cartesian.xml"), "");
  ASSERT_EQ(geometry.layers.size(), 3U);
  EXPECT_EQ(geometry.cells(), 504);
  const CellLayer& first = geometry.layers[0];
  EXPECT_FALSE(first.radial);
  EXPECT_EQ(first.rows(), 3);
  EXPECT_EQ(first.columns(), 96);
  EXPECT_EQ(first.phi[0], -160);
  EXPECT_EQ(first.phi[96], 0);
  EXPECT_EQ(first.eta[0], -237.5);
  EXPECT_EQ(first.eta[1], -232.5);
  EXPECT_EQ(geometry.layers[2].first, 432);
}

TEST(Binning, IsThatOfAGridOfTheSameCells) {
  const Geometry file = read_binning(golden_path("cartesian.xml"), "22");
  const Geometry grid =
      regular_grid(3, std::vector<int64_t>{3, 12, 12}, std::vector<int64_t>{96, 12, 6},
                   std::vector<double>{160, 40, 40}, std::vector<double>{5, 40, 80});
  ASSERT_EQ(grid.layers.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(grid.layers[i].first, file.layers[i].first);
    EXPECT_EQ(grid.layers[i].eta, file.layers[i].eta);
    EXPECT_EQ(grid.layers[i].phi, file.layers[i].phi);
    EXPECT_EQ(grid.layers[i].row_edges, file.layers[i].row_edges);
  }
}

TEST(Binning, TakesAParticleByNameOrPid) {
  const std::string path = golden_path("radial.xml");
  EXPECT_EQ(read_binning(path, "pion").cells(), 8 + 30);
  EXPECT_EQ(read_binning(path, "211").cells(), 8 + 30);
  expect_error(Code::invalid_argument, {"photon", "pion", "differ"},
               [&] { read_binning(path, ""); });
  expect_error(Code::not_found, {"'photo'", "'photon'"}, [&] { read_binning(path, "photo"); });
}

TEST(Binning, RefusesFilesThatAreNoBinning) {
  expect_error(Code::io_error, {"nowhere.xml", "No such file"},
               [] { read_binning("nowhere.xml", ""); });
  for (const auto& [content, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"", {"not XML"}},
           {"<Bins><Bin>", {"not XML", "byte"}},
           {"\x89HDF\r\n\x1a\n", {"not XML"}},
           {"<Other/>", {"no element Bin", "Other"}},
           {"<Bins><Bin name='photon'/></Bins>", {"photon", "no layer"}},
           {layer("id='0' r_edges='0' n_bin_alpha='1'"), {"no layer"}},
           {layer("id='0' n_bin_alpha='1'"), {"layer '0'", "r_edges"}},
           {layer("id='0' r_edges='0,1'"), {"layer '0'", "n_bin_alpha"}},
           {layer("r_edges='0,1' n_bin_alpha='1'"), {"attribute id"}},
           {layer("id='one' r_edges='0,1' n_bin_alpha='1'"), {"id", "'one'"}},
           {layer("id='3' r_edges='0,1,x' n_bin_alpha='1'"), {"layer '3'", "'x'"}},
           {layer("id='3' r_edges='0,1,' n_bin_alpha='1'"), {"comma"}},
           {layer("id='3' r_edges='0,,1' n_bin_alpha='1'"), {"''"}},
           {layer("id='3' r_edges='0,nan' n_bin_alpha='1'"), {"'nan'"}},
           {layer("id='3' r_edges='0,2,2' n_bin_alpha='1'"), {"increase", "2 follows 2"}},
           {layer("id='3' r_edges='-1,2' n_bin_alpha='1'"), {"below 0"}},
           {layer("id='3' r_edges='0,2' n_bin_alpha='0'"), {"n_bin_alpha is 0"}},
           {layer("id='3' r_edges='0,2' n_bin_alpha='1.5'"), {"n_bin_alpha", "'1.5'"}},
           {layer("id='3' r_edges='0,2' n_bin_alpha='1' x_edges='0,1'"), {"y_edges"}},
           {layer("id='3' r_edges='0,2' n_bin_alpha='1' x_edges='0,1,2' y_edges='0,1'"),
            {"2 x 1", "1 x 1"}},
           {layer("id='3' r_edges='0,2' n_bin_alpha='1'/><Layer id='3' r_edges='0,2' "
                  "n_bin_alpha='1'"),
            {"layer '3'", "after layer 3"}},
       }) {
    expect_error(Code::corrupt_file, words, [&] { read_binning(file_with(content), ""); });
  }
  for (const std::string angles : {"16777216", "99999999999"}) {
    expect_error(Code::out_of_range, {"layer 3", angles + " x 2"}, [&] {
      read_binning(file_with(layer("id='3' r_edges='0,1,2' n_bin_alpha='" + angles + "'")), "");
    });
  }
}

TEST(RegularGrid, IsCentred) {
  const Geometry grid = regular_grid(2, std::vector<int64_t>{2}, std::vector<int64_t>{3, 1},
                                     std::vector<double>{10}, std::vector<double>{4});
  EXPECT_EQ(grid.cells(), 8);
  EXPECT_EQ(grid.layers[0].phi, (std::vector<double>{-5, -5, -5, 5, 5, 5}));
  EXPECT_EQ(grid.layers[0].eta, (std::vector<double>{-4, 0, 4, -4, 0, 4}));
  EXPECT_EQ(grid.layers[1].eta, (std::vector<double>{0, 0}));
  EXPECT_EQ(grid.layers[1].number, 1);
}

TEST(RegularGrid, RefusesBadFields) {
  const std::vector<int64_t> two = {2}, pair = {2, 2}, zero = {0}, huge = {1 << 24};
  const std::vector<double> one = {1}, negative = {-1};
  expect_error(Code::invalid_argument, {"rows has 2", "3 layers"},
               [&] { regular_grid(3, pair, two, one, one); });
  expect_error(Code::out_of_range, {"columns is 0", "layer 0"},
               [&] { regular_grid(1, two, zero, one, one); });
  expect_error(Code::out_of_range, {"row_sizes is -1"},
               [&] { regular_grid(1, two, two, negative, one); });
  expect_error(Code::out_of_range, {"16777216 x 2"}, [&] { regular_grid(1, huge, two, one, one); });
}

}  // namespace
}  // namespace castalia::referee
