// The kernels of ode_solve() and of its gradient.
#ifndef CASTALIA_CPP_COMPILE_ODE_KERNELS_H_
#define CASTALIA_CPP_COMPILE_ODE_KERNELS_H_

#include <memory>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// Whether one of these computes the node.
bool is_ode(const Node& node);

std::unique_ptr<Kernel> make_ode_kernel(const Node& node, const KernelRequest& request,
                                        const CompileOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ODE_KERNELS_H_
