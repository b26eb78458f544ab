// Differential equations by their steps, written out in the graph: what a device computes in fixed
// steps is fused, planned and recorded like all else there.
#ifndef CASTALIA_CPP_COMPILE_ODE_UNROLL_H_
#define CASTALIA_CPP_COMPILE_ODE_UNROLL_H_

#include <span>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"

namespace castalia {

// Whether a node is a solution of ode_solve(), or its gradient, that no kernel computes.
bool is_written_out(const Node& node, const CompileOptions& options);

// The node's results from its inputs, which are in another graph. All steps are there at once, so
// the memory of a gradient grows with them; it finds the steps of the solution where they are in
// the same graph. Errors: internal for a node that was not traced for all rows (Graph::whole_rows).
std::vector<Value> written_out(const Node& node, std::span<const Value> inputs, Graph& graph);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ODE_UNROLL_H_
