// The first pass of the compiler: a graph in which every operator can be computed.
#ifndef CASTALIA_CPP_COMPILE_LOWER_H_
#define CASTALIA_CPP_COMPILE_LOWER_H_

#include <memory>
#include <span>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The kernel of the first candidate that accepts, and its name; null when none does. Refusals are
// printed when asked for (CASTALIA_VERBOSE=dispatch).
struct ChosenKernel {
  std::unique_ptr<Kernel> kernel;
  const char* name = "";
};
ChosenKernel choose_kernel(const Node& node, const CompileOptions& options);

// Copies what the outputs and assignments of `source` need into `target`; composite operators that no
// kernel computes are replaced by their definitions, as often as needed.
void lower(const Graph& source, const CompileOptions& options, Graph& target);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_LOWER_H_
