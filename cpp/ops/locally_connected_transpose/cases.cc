#include "cpp/ops/locally_connected_cases.h"
#include "cpp/ops/window.h"

namespace castalia {

std::vector<Case> locally_connected_transpose_cases() {
  std::vector<Case> cases;
  for (const LocallyConnectedCase& one : locally_connected_sample()) {
    Attributes attributes = one.attributes;
    attributes.set("extents", spatial_extents(one.images));
    cases.push_back({{{one.positions}, {one.weights}}, attributes});
  }
  return cases;
}

}  // namespace castalia
