#include "cpp/ops/locally_connected_cases.h"

namespace castalia {

std::vector<Case> locally_connected_cases() {
  std::vector<Case> cases;
  for (const LocallyConnectedCase& one : locally_connected_sample()) {
    cases.push_back({{{one.images}, {one.weights}}, one.attributes});
  }
  return cases;
}

}  // namespace castalia
