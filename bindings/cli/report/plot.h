// The drawing of one observable: both histograms, below their ratio, below that the pulls.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_PLOT_H_
#define CASTALIA_BINDINGS_CLI_REPORT_PLOT_H_

#include <string>
#include <vector>

#include "bindings/cli/report/axis.h"

namespace castalia_cli::report {

// Two curves of steps over the same edges, in the same units.
struct Steps {
  std::vector<double> edges;  // one more than values, ascending
  std::vector<double> generated, reference;
  // One standard deviation of each value; empty where it is not known.
  std::vector<double> generated_error, reference_error;
};

struct Labels {
  std::string id;           // unique on the page
  std::string title;        // for those who do not see the drawing
  std::string description;  // the same
  std::string horizontal, vertical;
};

// The reference is an area, the generated sample points with errors (a line where they are not
// known). The vertical axis is logarithmic where half of the steps would else lie on the floor.
std::string draw_steps(const Steps& steps, const Axis& horizontal, const Labels& labels);

// The range of a ratio panel: the smallest with marks at 1 and 1 +- a round number that shows nine
// tenths of the ratios whose errors it can show, and half of all errors. It never goes below 0.
struct RatioRange {
  double half = 3;

  double lower() const;
  double upper() const;
  std::vector<Tick> marks() const;
};
RatioRange ratio_range(const std::vector<double>& ratios, const std::vector<double>& errors);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_PLOT_H_
