// Mean images: generated, reference and their ratio side by side, with bars that tell the colours.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_IMAGE_H_
#define CASTALIA_BINDINGS_CLI_REPORT_IMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/report/plot.h"

namespace castalia_cli::report {

// Row-major, rows * columns values each; row 0 is drawn at the bottom.
struct ImagePair {
  int64_t rows = 0, columns = 0;
  std::vector<double> generated, reference;
  std::string units = "";
  // One more than rows and columns, ascending; cells are alike where they are empty. With the same
  // units along and across the picture has the proportions of the thing.
  std::vector<double> row_edges = {}, column_edges = {};
  bool same_units = false;
};

// Both share one scale, logarithmic where the values span more than two decades. Cells that are
// zero or not finite stay empty, and so do those of the ratio where either is.
std::string draw_images(const ImagePair& images, const Labels& labels);

// Colours in "#rrggbb" at shares from 0 to 1: dark to bright, evenly to the eye, and two from a
// neutral middle at 0.5.
std::string sequential_colour(double share);
std::string diverging_colour(double share);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_IMAGE_H_
