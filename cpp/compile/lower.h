// The first pass of the compiler: a graph in which every operator can be computed.
#ifndef CASTALIA_CPP_COMPILE_LOWER_H_
#define CASTALIA_CPP_COMPILE_LOWER_H_

#include <memory>
#include <span>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/runtime/cpu/fused.h"

namespace castalia {

// The kernel of the first candidate that accepts, and its name; null when none does. Refusals are
// printed when asked for (CASTALIA_VERBOSE=dispatch).
struct ChosenKernel {
  std::unique_ptr<Kernel> kernel;
  const KernelCandidate* candidate = nullptr;
};
ChosenKernel choose_kernel(const Node& node, const CompileOptions& options);

// The same with an epilogue or a prologue (KernelCandidate), for a node whose chosen candidate
// takes one.
ChosenKernel choose_with_epilogue(const Node& node, const CompileOptions& options,
                                  const FusedProgram& epilogue);
ChosenKernel choose_with_prologue(const Node& node, const CompileOptions& options,
                                  const FusedProgram& prologue);

// Whether CASTALIA_VERBOSE asks for this: "dispatch" (what kernels refuse and why), "plan" (each
// Program).
bool verbose(const char* what);

// Whether an operand keeps its contents as long as the Program is used: a state that nothing
// assigns, or part of one, where the options say so.
bool is_fixed(Value operand, const CompileOptions& options);

// expand() of the composite operators that no kernel computes.
void lower(const Graph& source, const CompileOptions& options, Graph& target);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_LOWER_H_
