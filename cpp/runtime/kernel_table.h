// Which kernels compute which operator.
#ifndef CASTALIA_CPP_RUNTIME_KERNEL_TABLE_H_
#define CASTALIA_CPP_RUNTIME_KERNEL_TABLE_H_

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/runtime/kernel.h"

namespace castalia {

// Filled once, by the operators' folders.
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

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_KERNEL_TABLE_H_
