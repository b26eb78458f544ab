#include "cpp/nn/demands.h"

#include <algorithm>
#include <string_view>

#include "cpp/base/text.h"

namespace castalia {
namespace {

// The name of an output begins so, has a number and a colon, and ends with what the caller is told.
constexpr std::string_view kDemand = "demand ";

}  // namespace

void output_demands(const Trace& trace, Graph& graph) {
  for (size_t i = 0; i < trace.demands.size(); ++i) {
    const Trace::Demand& demand = trace.demands[i];
    graph.output(text(kDemand, i, ": ", demand.otherwise), demand.holds);
  }
}

std::optional<UnmetDemand> unmet_demand(Workspace& workspace, int64_t rows) {
  for (const Binding& output : workspace.program().outputs) {
    if (!output.name.starts_with(kDemand)) continue;
    const auto* holds = static_cast<const double*>(workspace.output(output.name));
    const double* failed = std::find(holds, holds + rows, 0.0);
    if (failed == holds + rows) continue;
    return UnmetDemand{.row = failed - holds,
                       .otherwise = output.name.substr(output.name.find(": ") + 2)};
  }
  return std::nullopt;
}

}  // namespace castalia
