// A range of values, and the marks that stand along it.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_AXIS_H_
#define CASTALIA_BINDINGS_CLI_REPORT_AXIS_H_

#include <string>
#include <vector>

namespace castalia_cli::report {

// lower < upper, both finite; positive where the axis is logarithmic.
struct Axis {
  double lower = 0, upper = 1;
  bool logarithmic = false;

  // 0 at `lower`, 1 at `upper`; outside of [0, 1] for values outside. Values that a logarithmic
  // axis does not have lie far below. Sound for any two doubles as limits.
  double share(double value) const;
  // The value at a share.
  double at(double share) const;
};

struct Tick {
  double value = 0;
  std::string label;  // empty for a small mark
};

// Marks at round values in ascending order, about so many of them labelled, at least one.
std::vector<Tick> ticks(const Axis& axis, int about);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_AXIS_H_
