// Where the cells of a calorimeter are.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_CALORIMETER_GEOMETRY_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_CALORIMETER_GEOMETRY_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace castalia::referee {

// Cells in rows and columns, in this order: column first. On a grid a row is a bin in phi and a
// column one in eta (as in CaloGAN, arXiv:1712.10321); round the shower's axis a row is a bin in
// the angle alpha and a column one in the radius r (as in the CaloChallenge, arXiv:2410.21611), and
// eta = r cos(alpha), phi = r sin(alpha).
struct CellLayer {
  int64_t number = 0;  // its depth: the id in a file, the place otherwise
  bool radial = false;
  int64_t first = 0;  // place of its first cell in a shower
  std::vector<double> row_edges, column_edges;
  // Centres of the cells. r is empty on a grid; eta and phi are where there is one bin in alpha.
  std::vector<double> eta, phi, r;

  int64_t rows() const { return static_cast<int64_t>(row_edges.size()) - 1; }
  int64_t columns() const { return static_cast<int64_t>(column_edges.size()) - 1; }
  int64_t cells() const { return rows() * columns(); }
};

struct Geometry {
  std::vector<CellLayer> layers;  // those that have cells, by depth

  int64_t cells() const { return layers.empty() ? 0 : layers.back().first + layers.back().cells(); }
};

// Reads the binning.xml of the CaloChallenge. A layer of n_bin_alpha and r_edges is round the axis,
// its angles n_bin_alpha equal bins from -pi; a layer without bins in r is left out. A layer that
// has the attributes x_edges and y_edges is a grid of x_edges bins in phi (rows) by y_edges bins in
// eta (columns), and its r_edges and n_bin_alpha, if any, must give the same numbers.
//
// A file may describe several particles: `particle` is the name or pid of one; empty where they
// all have the same cells. Errors: io_error, corrupt_file (not XML; no such elements; numbers
// that do not parse, edges that do not increase: the layer is named), not_found (no such particle),
// invalid_argument (an empty `particle` where they differ).
Geometry read_binning(const std::string& path, const std::string& particle);

// `layers` grids about the axis. Each list has one element a layer, or one for all. Errors
// (invalid_argument, out_of_range) name the field.
Geometry regular_grid(int64_t layers, std::span<const int64_t> rows,
                      std::span<const int64_t> columns, std::span<const double> row_sizes,
                      std::span<const double> column_sizes);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_CALORIMETER_GEOMETRY_H_
