// The part of the page about whole samples: mean images, spectra and profiles.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_DETAILS_H_
#define CASTALIA_BINDINGS_CLI_REPORT_DETAILS_H_

#include <string>
#include <vector>

#include "bindings/cli/report/report.h"

namespace castalia_cli::report {

// Draws what has a shape to draw: rank 1 as steps, rank 2 as an image, rank 3 as an image a layer.
// A detail NAME of rank 1 lies over the values of NAME_edges where there is one; the cells of an
// image P_mean have the extents of P_row_edges and P_column_edges. Empty where there is nothing.
std::string details_section(const std::vector<Detail>& details);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_DETAILS_H_
