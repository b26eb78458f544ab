// The kernels of every operator, gathered from the folders' cpu.cc.
#ifndef CASTALIA_CPP_OPS_KERNELS_H_
#define CASTALIA_CPP_OPS_KERNELS_H_

#include <span>
#include <string>

#include "cpp/runtime/kernel_table.h"

namespace castalia {

// The ways to compute an operator, the preferred one first. Element-wise operators have the fused
// kernel of one operation; every operator but composite ones ends with its reference, which takes
// what the others refuse (slowly, and it allocates). A composite operator, or the gradient of one
// ("gradient(NAME)"), has the kernels that fuse it, if any. Empty for an unknown name. Any thread.
std::span<const KernelCandidate> kernel_candidates(const std::string& operator_name);

// Calls what every folder's cpu.cc defines, void <operator>_kernels(KernelTable&). Generated.
void add_all_kernels(KernelTable& table);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_KERNELS_H_
