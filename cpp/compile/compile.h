// From a graph to a Program: composites that no kernel fuses are replaced by their definitions,
// chains of element-wise operators become one step, kernels are chosen and made, and all memory is
// planned.
#ifndef CASTALIA_CPP_COMPILE_COMPILE_H_
#define CASTALIA_CPP_COMPILE_COMPILE_H_

#include <memory>

#include "cpp/compile/program.h"
#include "cpp/graph/graph.h"

namespace castalia {

struct CompileOptions {
  // The first axis counts events, and an event's numbers must not depend on how many there are:
  // true for sampling and evaluation. Training has one batch size, and more kernels to choose from.
  bool rows_independent = true;
  // States that the graph does not assign keep their contents as long as a Workspace is used, as
  // weights do in sampling: kernels may read them in a form of their own, which Workspace::prepare
  // makes.
  bool states_fixed = false;
  // Of the operator matmul, in float32. Errors: those of require_products().
  Products products = Products::float32;
  // Where the Program runs; null for the host.
  const Device* device = nullptr;
  // Off: every operator is a step of its own, to find the one that gave NaN.
  bool fuse = true;
};

// An Error (device_unavailable) when such products are asked of the host (a null device), whose
// processor has none: it names the instruction set for bfloat16, and a device for tf32.
void require_products(Products products, const Device* device);

// Only what the graph's outputs and assignments need is computed. With CASTALIA_VERBOSE=dispatch in
// the environment the kernels that refuse an operator say why on the standard error, with
// CASTALIA_VERBOSE=plan (or both, "dispatch,plan") the Program is described there; with
// CASTALIA_PREFER=NAME the kernels of that name ("onednn", "reference") are tried first.
std::shared_ptr<const Program> compile(const Graph& graph, const CompileOptions& options = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_COMPILE_H_
