// Graphs in other words: composite operators by their definitions, and for a device differential
// equations by their steps.
#ifndef CASTALIA_CPP_COMPILE_EXPAND_H_
#define CASTALIA_CPP_COMPILE_EXPAND_H_

#include <functional>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"

namespace castalia {

using Expands = std::function<bool(const Node&)>;

// Copies what the outputs and assignments of `source` need into `target`, which is empty; composite
// operators that `expands` names are replaced by their definitions, as often as needed, and
// equations whose steps are written out (is_written_out()) by these.
void expand(const Graph& source, const Expands& expands, const CompileOptions& options,
            Graph& target);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_EXPAND_H_
