// Graphs in other words: composite operators by their definitions, and for a device differential
// equations by their steps.
#ifndef CASTALIA_CPP_COMPILE_EXPAND_H_
#define CASTALIA_CPP_COMPILE_EXPAND_H_

#include <functional>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"

namespace castalia {

// Which nodes the outputs and the assignments need; and all inputs and states, which keep their
// places even where nothing reads them: the caller binds them by name.
std::vector<bool> needed_nodes(const Graph& graph);
// An input, a state or a constant, made once more in another graph.
Value copy_source(const Node& node, Graph& target);

using Expands = std::function<bool(const Node&)>;

// Copies what the outputs and assignments of `source` need into `target`, which is empty; composite
// operators that `expands` names are replaced by their definitions, as often as needed, and
// equations whose steps are written out (is_written_out()) by these.
void expand(const Graph& source, const Expands& expands, const CompileOptions& options,
            Graph& target);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_EXPAND_H_
