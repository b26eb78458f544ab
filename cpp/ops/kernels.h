// The kernels of every operator, gathered from the folders' cpu.cc.
#ifndef CASTALIA_CPP_OPS_KERNELS_H_
#define CASTALIA_CPP_OPS_KERNELS_H_

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/runtime/kernel.h"

namespace castalia {

// The ways to compute an operator, the preferred one first. Element-wise operators have the fused
// kernel of one operation; every operator but composite ones ends with its reference, which takes
// what the others refuse (slowly, and it allocates). A composite operator, or the gradient of one
// ("gradient(NAME)"), has the kernels that fuse it, if any. Empty for an unknown name. Any thread.
std::span<const KernelCandidate> kernel_candidates(const std::string& operator_name);

// Filled once, by the folders. A folder's cpu.cc defines void <operator>_kernels(KernelTable&).
class KernelTable {
 public:
  // Candidates of one operator are tried in the order in which they are added.
  void add(const std::string& operator_name, KernelCandidate candidate) {
    candidates_[operator_name].push_back(std::move(candidate));
  }
  std::span<const KernelCandidate> find(const std::string& operator_name) const {
    const auto found = candidates_.find(operator_name);
    if (found == candidates_.end()) return {};
    return found->second;
  }

 private:
  std::map<std::string, std::vector<KernelCandidate>> candidates_;
};

// Calls every folder's function. Generated.
void add_all_kernels(KernelTable& table);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_KERNELS_H_
