// What a network demands of rows (Trace::demands), as outputs of a graph.
#ifndef CASTALIA_CPP_NN_DEMANDS_H_
#define CASTALIA_CPP_NN_DEMANDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cpp/nn/network.h"
#include "cpp/runtime/workspace.h"

namespace castalia {

// An output for each demand, whose name holds what the caller is told.
void output_demands(const Trace& trace, Graph& graph);

struct UnmetDemand {
  int64_t row;
  std::string otherwise;
};
// After a run of such a graph: the first demand that one of the first `rows` rows does not meet.
std::optional<UnmetDemand> unmet_demand(Workspace& workspace, int64_t rows);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_DEMANDS_H_
